namespace OrleansTasks.Tasks;

/// <summary>
/// The wall clock as a core goes by it: times of day are what it says. When it was set, the core's terms are moved
/// along before they are looked at, since a clock that is set must neither end nor prolong a lease.
/// </summary>
internal sealed class PartitionClock(TimeProvider time)
{
    /// <summary>Clocks that are corrected little by little differ by less from one reading to the next.</summary>
    private const long LargestSlew = 500;

    private readonly SteadyClock steady = new(time);
    private long ahead;

    /// <summary>Milliseconds that run on evenly.</summary>
    public long Steady => steady.Now;

    /// <summary>What the wall clock says, for what is compared with stored times.</summary>
    public long Wall => steady.Wall;

    /// <summary>The wall clock, after the core was told of a step.</summary>
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

    /// <summary>A time of the core as the steady clock will show it.</summary>
    public long ToSteady(long time) => time == long.MaxValue ? long.MaxValue : time - ahead;
}
