namespace OrleansTasks.Tasks;

/// <summary>
/// The wall clock as a core uses it. When the clock was set, the core's terms are moved along before they are looked at, because a clock
/// that is set must neither end nor prolong a lease. So every time that is given to the core comes from <see cref="Read"/>, which is
/// called for one core at a time. Times are Unix milliseconds.
/// </summary>
internal sealed class PartitionClock(TimeProvider time)
{
    /// <summary>How far the wall clock may drift from the steady clock before the core is told of a step.</summary>
    private const long LargestSlew = 500;

    private readonly SteadyClock steady = new(time);

    // How far the wall clock was ahead of the steady clock at the last step.
    private long ahead;

    /// <summary>A time that runs on evenly when the wall clock is set; for terms that the core does not keep.</summary>
    public long Steady => steady.Now;

    /// <summary>What the wall clock says, for comparison with stored times. Tells the core of no step.</summary>
    public long Wall => steady.Wall;

    /// <summary>What the wall clock says, after the core was told of a step.</summary>
    public long Read(DispatchCore core)
    {
        var now = steady.Wall;
        var difference = now - steady.Now;
        if (Math.Abs(difference - ahead) > LargestSlew)
        {
            core.ClockStepped(difference - ahead, now);
            ahead = difference;
        }

        return now;
    }

    /// <summary>
    /// The time of the steady clock that stands for a time of the core; <see cref="long.MaxValue"/> (never) stays.
    /// </summary>
    public long ToSteady(long time) => time == long.MaxValue ? long.MaxValue : time - ahead;
}
