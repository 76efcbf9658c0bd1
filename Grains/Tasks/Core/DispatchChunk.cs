using OrleansTasks.Jobs;

namespace OrleansTasks.Tasks;

/// <summary>
/// What makes a slot of the task table a run of a chunk: the chunk, and whether the run is its first or second. Immutable: when a second
/// run goes on as the first, its slot gets a new object.
/// </summary>
internal sealed class DispatchChunk(DispatchJob job, ChunkPlan plan, bool isSecond)
{
    public DispatchJob Job { get; } = job;

    public ChunkPlan Plan { get; } = plan;

    /// <summary>Whether the run is in its job's <see cref="DispatchJob.Seconds"/>; else it is in <see cref="DispatchJob.Open"/>.</summary>
    public bool IsSecond { get; } = isSecond;

    /// <summary>What the start command tells the worker to do.</summary>
    public ChunkWork Work { get; } = new(job.Plan, job.Format, plan, job.Id);
}
