using System.Globalization;
using System.Text;
using System.Threading.Channels;

namespace OrleansTasks.Worker.Hosting;

/// <summary>
/// Prints a line for each task without making anyone wait: lines that a blocked terminal does not accept are dropped.
/// The first line is printed at once, and lines that follow soon are printed together, since each write wakes the
/// reader.
/// </summary>
internal sealed class TaskLines : IAsyncDisposable
{
    private const int LargestWrite = 32 * 1024;
    private const int MostWaiting = 100_000;
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(20);

    private readonly Channel<(string Id, string Name)> lines = Channel.CreateBounded<(string, string)>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private readonly TextWriter output;
    private readonly Task writing;

    internal TaskLines(TextWriter output)
    {
        this.output = output;
        writing = Write();
    }

    /// <summary>Prints a line for a task that was received.</summary>
    internal void Received(string id, string name) => lines.Writer.TryWrite((id, name));

    /// <summary>Waits up to a second for the remaining lines to be printed.</summary>
    public async ValueTask DisposeAsync()
    {
        lines.Writer.TryComplete();
        await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
    }

    private async Task Write()
    {
        try
        {
            var text = new StringBuilder();
            while (await lines.Reader.WaitToReadAsync())
            {
                while (text.Length < LargestWrite && lines.Reader.TryRead(out var task))
                    text.Append(CultureInfo.InvariantCulture, $"received task {task.Id}: {task.Name}\n");
                await output.WriteAsync(text);
                await output.FlushAsync();
                text.Clear();
                if (!lines.Reader.Completion.IsCompleted)
                    await Task.WhenAny(lines.Reader.Completion, Task.Delay(Together, TimeProvider.System));
            }
        }
        catch (IOException)
        {
            // The output is closed; the worker continues.
        }
    }
}
