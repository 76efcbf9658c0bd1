namespace OrleansTasks.Jobs;

/// <summary>
/// The wall clock of one job. Reports each step to the job: a move of the wall clock by more than half a second
/// relative to the steady clock, for example because an operator set it. Pace and rate use wall-clock times, so without
/// this a job would cut no chunks for an hour after the clock was set back by an hour. Stored times do not change.
/// Times are Unix milliseconds.
/// </summary>
internal sealed class JobClock(SteadyClock steady)
{
    /// <summary>Tolerated drift since the last step; small corrections by time synchronization add up.</summary>
    private const long LargestSlew = 500;

    /// <summary>
    /// Wall clock minus steady clock at the last step; initially 0, because a new <see cref="SteadyClock"/> equals the
    /// wall clock.
    /// </summary>
    private long knownLead;

    /// <summary>
    /// Returns the wall-clock time, after reporting any step to the job. All times passed to the job must come from
    /// here; otherwise they may follow a step that the job does not know of. The job is null while it is being created,
    /// and if it was loaded after its end: there are no times to shift yet, and a step seen then is not reported later.
    /// </summary>
    public long Read(JobCore? job)
    {
        var now = steady.Wall;
        var by = now - steady.Now - knownLead;
        if (Math.Abs(by) <= LargestSlew)
            return now;
        job?.ClockStepped(by);
        knownLead += by;
        return now;
    }
}
