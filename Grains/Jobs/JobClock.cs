namespace OrleansTasks.Jobs;

/// <summary>
/// Gives a job the time by the wall clock, and tells the job of each step. A step is a move of the wall clock by more
/// than half a second against the steady clock, which nobody can set; for example, an operator set the wall clock. A
/// job counts its pace (its limit of items per second) and its rate (the items per second that people see) by the wall
/// clock. A job with a pace that was not told would cut no chunks for an hour after the clock was set back by an hour.
/// Each <see cref="JobRunner"/> has one clock, for its one job. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// <see cref="JobCore.ClockStepped"/> shifts the times of the pace and of the rate. Stored times, such as the job's
/// start, stay as they are.
/// </remarks>
internal sealed class JobClock(SteadyClock steady)
{
    /// <summary>
    /// How far the wall clock may move against the steady clock since the last step, in milliseconds, before the job is
    /// told of a step. Small moves by time synchronization add up.
    /// </summary>
    private const long LargestSlew = 500;

    /// <summary>
    /// The wall clock minus the steady clock, in milliseconds, as of the last step; negative when the wall clock was
    /// behind. 0 before the first step, because a <see cref="SteadyClock"/> begins at the wall clock's time.
    /// </summary>
    private long knownLead;

    /// <summary>
    /// Returns the time by the wall clock. If a step has happened since the last call, tells the job first. Every time
    /// that is passed to the job must come from this method: a time that is read elsewhere may come after a step that
    /// the job has not been told of.
    /// </summary>
    /// <param name="job">
    /// The job to tell of a step. Null while the job is created, or is loaded after its end: the job keeps no time yet
    /// that would need a shift. A step that is noticed with null is not told later.
    /// </param>
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
