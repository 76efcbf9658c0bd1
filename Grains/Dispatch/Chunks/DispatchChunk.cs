using OrleansTasks.Jobs;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>
/// Says which chunk of which data job a chunk run executes. A chunk is some items of the job; a run is one execution of
/// it, with its retries. <see cref="ChunkRuns"/> creates this object for a slot of the dispatcher's task table. A slot
/// is a chunk run if its <see cref="TaskSlot.Chunk"/> is set, and a task of a user otherwise. A slow chunk may have two
/// runs at a time, a first and a second. Immutable: when the first run fails for good and the second takes its place,
/// the second run's slot gets a new object.
/// </summary>
internal sealed class DispatchChunk(DispatchJob job, ChunkPlan plan, bool isSecond)
{
    public DispatchJob Job { get; } = job;

    public ChunkPlan Plan { get; } = plan;

    /// <summary>
    /// Whether this is the chunk's second run, listed in <see cref="DispatchJob.Seconds"/>. A first run is listed in
    /// <see cref="DispatchJob.Open"/>.
    /// </summary>
    public bool IsSecond { get; } = isSecond;

    /// <summary>What the worker needs to evaluate the chunk. Every start command of the run carries it.</summary>
    public ChunkWork Work { get; } = new(job.Plan, job.Format, plan, job.Id, job.Env);
}
