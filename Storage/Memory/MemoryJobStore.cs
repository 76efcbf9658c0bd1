using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>Reads the jobs of a memory store.</summary>
internal sealed class MemoryJobStore(MemoryTaskStore store) : IJobStore
{
    /// <inheritdoc/>
    public Task<JobRow?> Get(TaskId id) => store.ReadJobs(jobs => jobs.Find(id));

    /// <inheritdoc/>
    public Task<ImmutableArray<JobRow>> List(JobFilter filter, TaskId? before, int limit) => store.ReadJobs<ImmutableArray<JobRow>>(
        jobs => [.. jobs.All.Reverse().Where(job => (before is null || job.Id < before.Value) && job.Matches(filter)).Take(limit)]);

    /// <inheritdoc/>
    public Task<ImmutableArray<JobRow>> ListOpen(int partition) => store.ReadJobs<ImmutableArray<JobRow>>(
        jobs => [.. jobs.All.Where(job => !job.State.IsFinal() && jobs.IsIn(job, partition))]);

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> OpenIds() => store.ReadJobs<ImmutableArray<TaskId>>(
        jobs => [.. jobs.All.Where(static job => !job.State.IsFinal()).Select(static job => job.Id)]);

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> Chunks(TaskId job, bool ended, long after, int limit) =>
        store.ReadJobs<ImmutableArray<ChunkRow>>(jobs =>
            [.. jobs.ChunksOf(job).Where(row => row.Plan.No > after && row.Ended is not null == ended).Take(limit)]);

    /// <inheritdoc/>
    public Task<ImmutableArray<CollectedChunk>> Collected(TaskId job, long after, int bytes) => store.ReadJobs(jobs =>
    {
        var chunks = ImmutableArray.CreateBuilder<CollectedChunk>();
        foreach (var chunk in jobs.CollectedOf(job).Where(chunk => chunk.No > after))
        {
            if (bytes <= 0)
                break;
            chunks.Add(chunk);
            bytes -= chunk.Lines.Length + 1;
        }

        return chunks.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<ChunkEnd?> LastChunk(TaskId job) => store.ReadJobs<ChunkEnd?>(jobs =>
        jobs.ChunksOf(job).LastOrDefault() is { } row ? new ChunkEnd(row.Plan.No, row.Plan.First + row.Plan.Items) : null);

    /// <inheritdoc/>
    public Task<int> Prune(long endedBefore, int limit) => store.WriteJobs(jobs =>
    {
        var old = jobs.All.Where(job => job.State.IsFinal() && job.EndedAt < endedBefore).Take(limit).ToList();
        old.ForEach(jobs.Remove);
        return old.Count;
    });
}
