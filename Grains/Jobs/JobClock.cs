namespace OrleansTasks.Jobs;

/// <summary>
/// The wall clock, by which a job's pace and rate go. When the wall clock was set, <see cref="Read"/> first moves the job's pace and rate
/// along, so that they neither stall nor jump. One clock belongs to one job. Times are Unix milliseconds.
/// </summary>
internal sealed class JobClock(SteadyClock steady)
{
    /// <summary>The largest difference, in milliseconds, that is let be, because clocks are also adjusted little by little.</summary>
    private const long LargestSlew = 500;

    /// <summary>By how much the wall clock was set so far: the part of its lead over the steady clock that the job has been told.</summary>
    private long ahead;

    /// <summary>
    /// Returns the time by the wall clock. All times that a job is given must come from here, else its pace sees a clock that was set.
    /// </summary>
    /// <param name="job">
    /// The job to move along; null while there is none in memory. A step that is seen with null is never told to a later job.
    /// </param>
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
