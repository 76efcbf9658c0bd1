using System.Globalization;
using System.Text;
using System.Threading.Channels;

namespace OrleansTasks.Worker.Hosting;

/// <summary>
/// Prints a line for each task without keeping anybody waiting: what a terminal that stands still does not take is left out. The first
/// line is printed at once, those that follow soon are printed together, since each write wakes whoever reads.
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

    /// <summary>A task was received.</summary>
    internal void Received(string id, string name) => lines.Writer.TryWrite((id, name));

    /// <summary>Waits a moment for what is still to be printed.</summary>
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
            // Nobody reads it any more; the work goes on.
        }
    }
}
