using OrleansTasks.Jobs;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Store;

/// <summary>
/// The jobs of a simulated store. A read takes time, and reads what is there at its end, whatever a crash has made of it.
/// </summary>
internal sealed class SimJobStore(
    Func<Task<IJobStore>> reading, SimStore store, Action<TaskId> loaded) : IJobStore
{
    /// <summary>So small that the progress of simulated jobs goes in parts.</summary>
    public int LargestPart => 256;

    /// <inheritdoc/>
    public Task PutPart(TaskId job, long version, int part, ReadOnlyMemory<byte> bytes) => store.PutPart(new ProgressPart(job, version, part, bytes));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> Part(TaskId job, long version, int part) => Read(jobs => jobs.Part(job, version, part));

    /// <inheritdoc/>
    public Task<JobRow?> Get(TaskId id, bool whole) => Read(jobs => jobs.Get(id, whole));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> Progress(TaskId id) => Read(jobs => jobs.Progress(id));

    /// <inheritdoc/>
    public Task<ImmutableArray<JobRow>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default) =>
        Read(jobs => jobs.List(filter, before, limit, cancellation));

    /// <inheritdoc/>
    public Task<ImmutableArray<JobRow>> ListOpen(int queueNo, TaskId after, int bytes) => Read(jobs => jobs.ListOpen(queueNo, after, bytes));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> OpenIds() => Read(static jobs => jobs.OpenIds());

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> OpenChunks(TaskId job, long after, int limit, int bytes) =>
        Read(jobs => jobs.OpenChunks(job, after, limit, bytes));

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> OpenPlans(TaskId job, long after, int limit) =>
        Read(jobs => jobs.OpenPlans(job, after, limit));

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> EndedChunks(TaskId job, long after, int limit, int bytes) =>
        Read(jobs => jobs.EndedChunks(job, after, limit, bytes));

    /// <inheritdoc/>
    public Task<ImmutableArray<CollectedChunk>> Collected(TaskId job, long after, int bytes) =>
        Read(jobs => jobs.Collected(job, after, bytes));

    /// <inheritdoc/>
    public Task<long> CollectedBytes(TaskId job) => Read(jobs => jobs.CollectedBytes(job));

    /// <inheritdoc/>
    public Task<ChunkEnd?> LastChunk(TaskId job)
    {
        loaded(job);
        return Read(jobs => jobs.LastChunk(job));
    }

    /// <inheritdoc/>
    public Task<int> Prune(long endedBefore, int limit) => store.PruneJobs(endedBefore, limit);

    private async Task<T> Read<T>(Func<IJobStore, Task<T>> read) => await read(await reading());
}
