namespace OrleansTasks.Jobs;

/// <summary>
/// The wall clock of one job. Tells the job of each step: a move of the wall clock by more than half a second against
/// the steady clock, as when an operator sets it. Pace and rate use wall-clock times, so without this a job would cut
/// no chunks for an hour after the clock was set back by an hour. Stored times stay. Unix milliseconds.
/// </summary>
internal sealed class JobClock(SteadyClock steady)
{
    /// <summary>Tolerated drift since the last step; small corrections by time synchronization add up.</summary>
    private const long LargestSlew = 500;

    /// <summary>
    /// Wall minus steady clock at the last step; at first 0, as a <see cref="SteadyClock"/> starts equal.
    /// </summary>
    private long knownLead;

    /// <summary>
    /// Returns the wall-clock time, after telling the job of a step. All times passed to the job must come from here,
    /// or they may follow a step that it does not know. The job is null while it is created, or loaded after its end:
    /// it has no times to shift yet, and a step seen then is not reported later.
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
