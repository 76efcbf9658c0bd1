namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Cancels a stream on which messages wait for an answer and none arrives within the call timeout. The owner does the
/// locking.
/// </summary>
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

    /// <summary>Whether the stream was cancelled for its silence.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>Records that a message was sent.</summary>
    internal void Sent()
    {
        if (!counts)
            timer.Change(limit, Timeout.InfiniteTimeSpan);
        counts = true;
    }

    /// <summary>Records an answer. <paramref name="last"/> means that no other answer is due.</summary>
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
