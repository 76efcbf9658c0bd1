namespace OrleansTasks.Worker.Agent;

/// <summary>Ends a stream on which messages wait for answers and none comes for as long as a call may take. Its owner locks.</summary>
internal sealed class OutputSilence : IDisposable
{
    private readonly CancellationTokenSource stream;
    private readonly TimeSpan limit;
    private readonly Lock gate = new();
    private readonly ITimer timer;
    private bool counts;
    private bool left;

    internal OutputSilence(AgentState state, CancellationTokenSource stream)
    {
        (this.stream, limit) = (stream, state.Options.CallTimeout);
        timer = state.Time.CreateTimer(static self => ((OutputSilence)self!).End(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether it has lasted too long.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>A message is on its way.</summary>
    internal void Sent()
    {
        if (!counts)
            timer.Change(limit, Timeout.InfiniteTimeSpan);
        counts = true;
    }

    /// <summary>An answer came; it was, or was not, the last that was waited for.</summary>
    internal void Answered(bool last)
    {
        counts = !last;
        timer.Change(last ? Timeout.InfiniteTimeSpan : limit, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
            left = true;
        timer.Dispose();
    }

    private void End()
    {
        lock (gate)
        {
            if (left)
                return;
            IsOver = true;
            stream.Cancel();
        }
    }
}
