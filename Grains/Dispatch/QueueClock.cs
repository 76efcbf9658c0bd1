
namespace OrleansTasks.Dispatch;

/// <summary>
/// The clock of one dispatcher. The core keeps all times by the wall clock, because some are times of day
/// (<c>runAt</c>). But setting the wall clock must neither end nor prolong a lease. This type therefore compares the
/// wall clock with a steady clock, and tells the core of every step before the core sees a time after it. A step is
/// told once, so one core is in use at a time. All times are Unix milliseconds.
/// </summary>
internal sealed class QueueClock(TimeProvider time)
{
    /// <summary>
    /// By how many milliseconds the wall clock may drift from the steady clock before it counts as a step. A lease may
    /// end too early or too late by as much. Small corrections add up to a step.
    /// </summary>
    private const long LargestSlew = 500;

    private readonly SteadyClock steady = new(time);

    /// <summary>By how much it may drift before timers follow. Each reading differs by a millisecond or two.</summary>
    private const long LargestJitter = 5;

    // The wall clock minus the steady clock, as of the last step that the core was told of; 0 before the first.
    private long ahead;

    // The same difference, as of the last reading at which it had changed by more than the jitter; for timers.
    private long lead;

    /// <summary>
    /// The steady clock, for terms that the core does not keep: subscriptions, recovery's retries, timers. Only
    /// <see cref="ToSteady"/> makes times of the core comparable.
    /// </summary>
    public long Steady => steady.Now;

    /// <summary>The wall clock, for comparison with stored times. Must not be given to the core.</summary>
    public long Wall => steady.Wall;

    /// <summary>
    /// The wall clock, as every time given to the core. If it was set, the core is told first
    /// (<see cref="DispatchCore.ClockStepped"/>) and moves its terms along.
    /// </summary>
    public long Read(DispatchCore core)
    {
        var now = steady.Wall;
        var difference = now - steady.Now;
        if (Math.Abs(difference - lead) > LargestJitter)
            lead = difference;
        if (Math.Abs(difference - ahead) > LargestSlew)
        {
            core.ClockStepped(difference - ahead, now);
            ahead = difference;
        }

        return now;
    }

    /// <summary>
    /// Converts a time of the core for a timer; <see cref="long.MaxValue"/> (never) stays. The result may be off by
    /// <see cref="LargestJitter"/>, so a timer may fire early, find nothing due, and be set again.
    /// </summary>
    public long ToSteady(long time) => time == long.MaxValue ? long.MaxValue : time - lead;
}
