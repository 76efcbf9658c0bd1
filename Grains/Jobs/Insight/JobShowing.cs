namespace OrleansTasks.Jobs.Insight;

/// <summary>Builds the views and insights of a live job.</summary>
internal sealed class JobShowing(JobOwner owner, SteadyClock steady)
{
    /// <summary>After this many milliseconds without a commit, a view first confirms the ownership.</summary>
    private const long SilenceLimit = 1_000;

    public async Task<JobView> View(JobCore job, Func<long> clock)
    {
        // A replaced activation with nothing to commit would otherwise show an old state forever.
        if (!job.IsOver && steady.Now - owner.ConfirmedAt >= SilenceLimit)
            await owner.Confirm(job);
        return job.View(job.IsOver ? default : await owner.CountChunks(), clock());
    }

    public async Task<JobInsight> Inspect(JobCore job, JobLook look, bool isPaused, Func<long> clock)
    {
        var view = await View(job, clock);
        // Only the history needs no runs.
        var needsRuns = !job.IsOver && (look.Parts & ~JobParts.History) != 0;
        var runs = needsRuns ? await owner.Runs() : JobRuns.None;
        var pressure = new JobPressure(owner.Slots, isPaused, owner.CommitShare);
        return JobInsights.Of(job, view, look, runs, pressure, clock());
    }
}
