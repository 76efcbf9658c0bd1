namespace OrleansTasks.Jobs;

/// <summary>
/// Shows a live job to callers, for <see cref="JobRunner"/>: its view, and the insight into its chunks.
/// </summary>
internal sealed class JobShowing(JobOwner owner, SteadyClock steady)
{
    /// <summary>After this time without a commit, in milliseconds, the ownership is confirmed first.</summary>
    private const long SilenceLimit = 1_000;

    /// <summary>Returns the job's view.</summary>
    public async Task<JobView> View(JobCore job, Func<long> clock)
    {
        // An activation that was replaced and has nothing to commit would not notice, and would show an old state
        // for ever. So the dispatcher confirms the ownership, unless a commit has confirmed it within the last second.
        if (!job.IsOver && steady.Now - owner.ConfirmedAt >= SilenceLimit)
            await owner.Confirm(job);
        return job.View(job.IsOver ? default : await owner.CountChunks(), clock());
    }

    /// <summary>Returns the insight that a look asks for.</summary>
    public async Task<JobInsight> Inspect(JobCore job, JobLook look, bool isPaused, Func<long> clock)
    {
        var view = await View(job, clock);
        var needsRuns = !job.IsOver && (look.Parts & ~JobParts.History) != 0;
        var runs = needsRuns ? await owner.Runs() : JobRuns.None;
        var pressure = new JobPressure(owner.Slots, isPaused, owner.CommitShare);
        return JobInsights.Of(job, view, look, runs, pressure, clock());
    }
}
