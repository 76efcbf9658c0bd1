using OrleansTasks.Jobs;

namespace OrleansTasks.Tasks;

/// <summary>What a slot of the table holds of a chunk.</summary>
internal sealed class DispatchChunk(DispatchJob job, ChunkPlan plan)
{
    public DispatchJob Job { get; } = job;

    public ChunkPlan Plan { get; } = plan;

    public ChunkWork Work { get; } = new(job.Plan, job.Format, plan, job.Id);
}
