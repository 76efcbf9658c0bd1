namespace OrleansTasks.Jobs;

/// <summary>
/// Gives a job the time by the wall clock, and tells the job when somebody has set the wall clock.
/// A job counts its pace and its rate by the wall clock.
/// Without a correction, a clock that is set back by an hour would make the pace cut nothing for an hour.
/// <see cref="Read"/> notices a jump by comparing the wall clock with the steady clock,
/// and shifts the times that the job keeps (<see cref="JobCore.ClockStepped"/>) before it returns.
/// One <see cref="JobRunner"/> has one clock, for one job. Times are Unix milliseconds.
/// </summary>
internal sealed class JobClock(SteadyClock steady)
{
    /// <summary>
    /// The largest difference between the clocks, in milliseconds, that is not yet a jump. Time synchronization moves
    /// the wall clock little by little; such moves add up, and the job is told once they exceed this bound together.
    /// </summary>
    private const long LargestSlew = 500;

    /// <summary>
    /// By how many milliseconds the wall clock was ahead of the steady clock at the last jump;
    /// negative when it was behind.
    /// </summary>
    private long knownLead;

    /// <summary>
    /// Returns the time by the wall clock, after telling the job about a jump. Every time that is passed
    /// to the job must come from this method; otherwise the job's pace stalls or lets a burst through after a jump.
    /// </summary>
    /// <param name="job">
    /// The job to tell about a jump, even while it is being restored.
    /// Null only while no job has a time yet: nobody is told about a jump that is noticed with null.
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
