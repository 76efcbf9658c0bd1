using OrleansTasks.Jobs;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>The chunk that a run executes. Immutable: a second run that becomes the first gets a new object.</summary>
internal sealed class DispatchChunk(DispatchJob job, ChunkPlan plan, bool isSecond)
{
    public DispatchJob Job { get; } = job;

    public ChunkPlan Plan { get; } = plan;

    /// <summary>Whether the run is in <see cref="DispatchJob.SecondRuns"/>; a first run is in Open.</summary>
    public bool IsSecond { get; } = isSecond;

    public ChunkWork Work { get; } = new(job.Plan, job.Format, plan, job.Id, job.Env);
}
