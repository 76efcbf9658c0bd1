namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Puts back the starts that wait for a slot: each once it has waited too long, or all at once.
/// The reporter then reports them to the master, which assigns them to another node.
/// </summary>
internal sealed class WaitingStarts : IDisposable
{
    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(1);

    private readonly AgentState state;
    private readonly ProgressReporter reporter;
    private readonly ITimer timer;

    /// <summary>Creates the timer; no start waits yet.</summary>
    internal WaitingStarts(AgentState state, ProgressReporter reporter)
    {
        (this.state, this.reporter) = (state, reporter);
        timer = state.Time.CreateTimer(static self => ((WaitingStarts)self!).WaitEnded(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sets the timer for the start that has waited longest. A later start does not postpone it.</summary>
    internal void Watch()
    {
        lock (state.Gate)
        {
            if (state.Held.NextWaitEnd is not { } due)
                return;
            var wait = state.Time.GetElapsedTime(state.Time.GetTimestamp(), due);
            timer.Change(wait < LeastWait ? LeastWait : wait, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Puts back all starts that wait for a slot.</summary>
    internal void RefuseAll()
    {
        lock (state.Gate)
            state.Held.RefuseWaiting(long.MaxValue);
        reporter.Wake();
    }

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();

    private void WaitEnded()
    {
        var now = state.Time.GetTimestamp();
        bool refused;
        lock (state.Gate)
            refused = state.Held.RefuseWaiting(now);
        Watch();
        if (refused)
            reporter.Wake();
    }
}
