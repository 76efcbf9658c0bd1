using OrleansTasks.Jobs;

namespace OrleansTasks.Tasks;

/// <summary>What a slot of the table holds of a chunk.</summary>
internal sealed class DispatchChunk(DispatchJob job, ChunkPlan plan, bool isSecond)
{
    public DispatchJob Job { get; } = job;

    public ChunkPlan Plan { get; } = plan;

    /// <summary>Whether it is a second run of a chunk whose first one takes long.</summary>
    public bool IsSecond { get; } = isSecond;

    public ChunkWork Work { get; } = new(job.Plan, job.Format, plan, job.Id);
}
