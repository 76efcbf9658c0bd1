using System.Text;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>Keeps all it is given, checks the offsets, and lets a test wait for a text.</summary>
internal sealed class CollectingSink : IOutputSink
{
    private readonly Lock gate = new();
    private readonly MemoryStream output = new();
    private readonly MemoryStream errors = new();
    private readonly List<(string Text, TaskCompletionSource Seen)> waiters = [];

    public bool GapFound { get; private set; }

    public byte[] Output { get { lock (gate) return output.ToArray(); } }

    public byte[] Errors { get { lock (gate) return errors.ToArray(); } }

    public string OutputText => Encoding.UTF8.GetString(Output);

    public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            var target = stream == StandardStream.Output ? output : errors;
            GapFound |= offset != target.Length;
            target.Write(bytes);
            if (waiters.Count == 0) return;
            var text = Encoding.UTF8.GetString(output.ToArray());
            waiters.RemoveAll(waiter => text.Contains(waiter.Text, StringComparison.Ordinal) && waiter.Seen.TrySetResult());
        }
    }

    public Task SeesAsync(string text)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (Encoding.UTF8.GetString(output.ToArray()).Contains(text, StringComparison.Ordinal)) seen.TrySetResult();
            else waiters.Add((text, seen));
        }
        return seen.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }
}
