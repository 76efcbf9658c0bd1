
namespace OrleansTasks.Dispatch;

/// <summary>
/// The clock of one dispatcher. The core keeps all times by the wall clock, because some are times of day
/// (<c>runAt</c>). But setting the wall clock must neither end nor prolong a lease. This type therefore compares the
/// wall clock with a steady clock, and reports every step to the core before the core sees a later time. Each step is
/// reported once, so only one core may use this clock at a time. All times are Unix milliseconds.
/// </summary>
internal sealed class QueueClock(TimeProvider time)
{
    /// <summary>
    /// How many milliseconds the wall clock may drift from the steady clock before the drift counts as a step. A lease
    /// may end too early or too late by this much. Small corrections add up until they count as a step.
    /// </summary>
    private const long LargestSlew = 500;

    private readonly SteadyClock steady = new(time);

    /// <summary>
    /// How far (ms) the wall clock may drift before timers follow. Readings always vary by a millisecond or two.
    /// </summary>
    private const long LargestJitter = 5;

    // The wall clock minus the steady clock, as of the last step reported to the core; 0 before the first.
    private long ahead;

    // The same difference, for timers: updated whenever it has changed by more than the jitter.
    private long lead;

    /// <summary>
    /// The time of the steady clock, for times that the core does not keep: subscriptions, recovery's retries and
    /// timers. Only <see cref="ToSteady"/> makes times of the core comparable to it.
    /// </summary>
    public long Steady => steady.Now;

    /// <summary>
    /// The time of the wall clock, to compare with stored times. The core must get times from <see cref="Read"/> only.
    /// </summary>
    public long Wall => steady.Wall;

    /// <summary>
    /// Returns the time of the wall clock, for the core. If the clock was set, first reports the step to the core
    /// (<see cref="DispatchCore.ClockStepped"/>), which adjusts its times.
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
    /// Converts a time of the core to the steady clock, for a timer. <see cref="long.MaxValue"/> (never) stays as it
    /// is. The result may be off by <see cref="LargestJitter"/>, so a timer may fire early, find nothing due, and be
    /// set again.
    /// </summary>
    public long ToSteady(long time) => time == long.MaxValue ? long.MaxValue : time - lead;
}
