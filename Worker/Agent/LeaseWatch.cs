using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Kills everything when the lease could not be renewed in time, and sees that results which stay unsettled reach the
/// disk. Looks at least once a second while anything is held, since timers stop with a suspended machine and leases
/// do not. Passes the deadline on (<see cref="AgentOptions.Fence"/>), for the case that this process is stopped.
/// </summary>
internal sealed partial class LeaseWatch : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);
    private readonly AgentState state;
    private readonly AttemptRunner runner;
    private readonly ResultSpool spool;
    private readonly ILogger logger;
    private readonly ITimer timer;
    private readonly Lock telling = new();
    private bool armed;
    private long? told;

    internal LeaseWatch(AgentState state, AttemptRunner runner, ResultSpool spool, ILogger logger)
    {
        (this.state, this.runner, this.spool, this.logger) = (state, runner, spool, logger);
        timer = ThreadTimer.Create(state.Time, "lease-watch", Look);
        state.Lease.Renewed = TellFence;
    }

    /// <summary>Something is held: watch until nothing is.</summary>
    internal void Begin()
    {
        TellFence();
        lock (state.Gate)
        {
            if (armed)
                return;
            armed = true;
        }

        Arm();
    }

    /// <summary>Ends the watch.</summary>
    public void Dispose() => timer.Dispose();

    private void Arm()
    {
        var left = state.Lease.Left();
        timer.Change(left > TimeSpan.Zero && left < LongestWait ? left : LongestWait, Timeout.InfiniteTimeSpan);
    }

    private void Look()
    {
        if (state.Lease.Left() <= TimeSpan.Zero && runner.KillAll(StopCause.LeaseLapsed) is var killed and > 0)
        {
            state.Instruments.Lapse(killed);
            LeaseLapsed(killed);
        }

        TellFence();
        _ = spool.KeepAsync();
        lock (state.Gate)
            armed = state.Held.Count > 0 || spool.HoldsAny;
        if (armed)
            Arm();
    }

    private void TellFence()
    {
        if (state.Options.Fence is not { } fence)
            return;
        lock (telling)
        {
            long? deadline;
            lock (state.Gate)
                deadline = state.Held.Living > 0 ? state.Lease.FenceDeadline : null;
            if (deadline == told)
                return;
            if (fence(deadline))
                told = deadline;
        }
    }
}
