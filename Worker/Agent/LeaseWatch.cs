using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Kills the attempts of each queue whose leases could not be renewed in time, and writes results that stay unsettled
/// to disk. Checks at least once a second while anything is held, since timers stop while the machine is suspended and
/// leases do not. Passes the earliest deadline to <see cref="AgentOptions.Fence"/>:
/// if this process is stopped, the supervisor kills the attempts of all queues.
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
    private long earliest = long.MaxValue;
    private long? told;

    internal LeaseWatch(AgentState state, AttemptRunner runner, ResultSpool spool, ILogger logger)
    {
        (this.state, this.runner, this.spool, this.logger) = (state, runner, spool, logger);
        timer = ThreadTimer.Create(state.Time, "lease-watch", Look);
        state.Lease.Renewed = TellFence;
    }

    /// <summary>Called with an attempt's remaining time when it begins, unless others have less.</summary>
    internal Action<TimeSpan>? Begun { get; set; }

    /// <summary>Watches until nothing is held.</summary>
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

    /// <summary>Watches an attempt that has begun, until nothing is held.</summary>
    internal void Begin(Attempt attempt)
    {
        // Its deadline is usually the same as others', which need not be compared again for each of many short
        // attempts.
        if (Volatile.Read(ref armed) && state.DeadlineOf(attempt) >= Volatile.Read(ref earliest))
            return;
        Begin();
        Arm();
        if (state.DeadlineOf(attempt) is { } deadline)
            Begun?.Invoke(state.Lease.Until(deadline));
    }

    /// <summary>Ends the watch.</summary>
    public void Dispose() => timer.Dispose();

    private void Arm()
    {
        var deadline = Volatile.Read(ref earliest);
        var left = deadline == long.MaxValue ? LongestWait : state.Lease.Until(deadline);
        timer.Change(left > TimeSpan.Zero && left < LongestWait ? left : LongestWait, Timeout.InfiniteTimeSpan);
    }

    private void Look()
    {
        if (runner.KillLapsed() is var killed and > 0)
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

    /// <summary>Finds the earliest deadline, and passes it to the supervisor if it has changed.</summary>
    private void TellFence()
    {
        lock (telling)
        {
            var (first, living) = (long.MaxValue, long.MaxValue);
            lock (state.Gate)
            {
                foreach (var attempt in state.Held.All)
                {
                    // An attempt that is already being killed has no deadline.
                    if (attempt is not { Phase: AttemptPhase.Waiting or AttemptPhase.Running, Cause: StopCause.None })
                        continue;
                    var deadline = state.DeadlineOf(attempt) ?? long.MinValue;
                    first = Math.Min(first, deadline);
                    if (attempt.Phase == AttemptPhase.Running && deadline != long.MinValue)
                        living = Math.Min(living, deadline);
                }
            }

            Volatile.Write(ref earliest, first);
            long? at = living == long.MaxValue ? null : state.Lease.FenceOf(living);
            if (at == told || state.Options.Fence is not { } fence || !fence(at))
                return;
            told = at;
            state.Lease.NoteFence(at);
        }
    }
}
