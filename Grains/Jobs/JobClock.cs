namespace OrleansTasks.Jobs;

/// <summary>
/// The wall clock, which a job's times and pace go by. When it was set, the job's terms are moved along before they are looked at.
/// </summary>
internal sealed class JobClock(SteadyClock steady)
{
    private const long LargestSlew = 500;
    private long ahead;

    /// <summary>Unix milliseconds by the wall clock, for a job that may have terms.</summary>
    public long Read(JobCore? job)
    {
        var now = steady.Wall;
        var by = now - steady.Now - ahead;
        if (Math.Abs(by) <= LargestSlew)
            return now;
        job?.ClockStepped(by);
        ahead += by;
        return now;
    }
}
