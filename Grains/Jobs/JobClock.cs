namespace OrleansTasks.Jobs;

/// <summary>
/// Gives a job the time by the wall clock, and tells the job when the wall clock has moved against the steady clock by
/// more than half a second, for example because an operator set it. A job counts its pace (its limit of items per
/// second) and its rate (the items per second that people see) by the wall clock. If it were not told, it would cut
/// nothing for an hour after the clock was set back by an hour. One <see cref="JobRunner"/> has one clock, for one job.
/// Times are Unix milliseconds.
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
    /// Returns the time by the wall clock, after telling the job of a step. Every time that is passed to the job must
    /// come from this method: a time that is read elsewhere may come after a step that the job has not been told of.
    /// </summary>
    /// <param name="job">
    /// The job to tell of a step. Null before the job's pace has begun, and for a job that has ended: no time needs to
    /// be shifted then. A step that is noticed with null is not told later.
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
