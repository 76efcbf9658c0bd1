namespace OrleansTasks.Jobs;

/// <summary>
/// The wall clock, by which a job's pace and rate go. When the wall clock was set, <see cref="Read"/> first moves the job's pace and rate
/// along, so that they neither stall nor jump. One clock belongs to one job. Times are Unix milliseconds.
/// </summary>
internal sealed class JobClock(SteadyClock steady)
{
    /// <summary>
    /// By how many milliseconds the wall clock may leave the steady clock before the job is told: clocks are adjusted little by little, too.
    /// </summary>
    private const long LargestSlew = 500;

    /// <summary>The lead of the wall clock over the steady clock, in milliseconds, as far as it was noticed and the job was told.</summary>
    private long ahead;

    /// <summary>
    /// Returns the time by the wall clock. All times that a job is given must come from here: else its pace stalls or jumps when the wall
    /// clock is set.
    /// </summary>
    /// <param name="job">
    /// The job to move along, also while it is being restored; null only before a job was given any time. A change that is noticed with null
    /// is never told to a later job.
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
