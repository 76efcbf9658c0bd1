
namespace OrleansTasks.Dispatch;

/// <summary>
/// The clock of one dispatcher (<see cref="TaskDispatcherGrain"/>). The dispatcher's core keeps all times by the wall
/// clock, because some are times of day (<c>runAt</c>). But a wall clock that is set must neither end nor prolong a
/// lease. So this type compares the wall clock with a steady clock, which nobody can set, and tells the core of every
/// step before the core sees a time after the step. All times are Unix milliseconds.
/// </summary>
/// <remarks>
/// Every time that is given to the core must come from <see cref="Read"/>. A step is told only once, to the core of
/// that call, so one core is in use at a time; a core that replaces it needs no earlier steps.
/// </remarks>
internal sealed class QueueClock(TimeProvider time)
{
    /// <summary>
    /// How far the wall clock may move against the steady clock, in milliseconds, before the core is told of a step.
    /// So a lease may end too early or too late by as much. Small corrections that add up to more count as a step, too.
    /// </summary>
    private const long LargestSlew = 500;

    private readonly SteadyClock steady = new(time);

    /// <summary>
    /// How far the wall clock may move against the steady clock, in milliseconds, before timers follow. It moves by a
    /// millisecond or two with every reading.
    /// </summary>
    private const long LargestJitter = 5;

    // The wall clock minus the steady clock, as of the last step that the core was told of; 0 before the first.
    private long ahead;

    // The same difference, as of the last reading at which it had changed by more than the jitter; for timers.
    private long lead;

    /// <summary>
    /// The time of the steady clock, for terms that the core does not keep: subscriptions, recovery's retries, timers.
    /// Not comparable with times of the core, except through <see cref="ToSteady"/>.
    /// </summary>
    public long Steady => steady.Now;

    /// <summary>The time of the wall clock, for comparison with stored times. Must not be given to the core.</summary>
    public long Wall => steady.Wall;

    /// <summary>
    /// The time of the wall clock, to give to the core. If the wall clock was set since the last call, the core is told
    /// first (<see cref="DispatchCore.ClockStepped"/>), and moves its terms along.
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
    /// Converts a time of the core to the steady clock, for a timer; <see cref="long.MaxValue"/> (never) stays. While
    /// nobody sets the wall clock, the result is wrong by at most <see cref="LargestJitter"/>. So the timer may fire a
    /// little early: the caller then finds nothing due and sets the timer again.
    /// </summary>
    public long ToSteady(long time) => time == long.MaxValue ? long.MaxValue : time - lead;
}
