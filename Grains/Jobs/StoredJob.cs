using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Reads one job and its chunks from the store, in pages of at most 4,096 chunks.
/// Pages of ended chunks have about 4 MiB at most.
/// </summary>
internal sealed class StoredJob(IJobStore store, TaskId id)
{
    private const int Page = 4096;
    private const int PageBytes = 4 << 20;

    /// <summary>Returns the job's row with its whole progress; null when the job does not exist.</summary>
    /// <exception cref="FormatException">A part of the progress is missing.</exception>
    public async Task<JobRow?> Get() =>
        await store.Get(id) is { } row ? row with { Progress = await StoredProgress.Read(store, id, row.Progress) } : null;

    /// <summary>Restores an unfinished job from its row and from all of its chunks in the store.</summary>
    /// <param name="job">The job to restore.</param>
    /// <param name="row">The job's row.</param>
    /// <param name="clock">Returns the current time, in Unix milliseconds.</param>
    /// <exception cref="FormatException">The stored progress cannot be read.</exception>
    public async Task Restore(JobCore job, JobRow row, Func<long> clock)
    {
        job.Restore(row, await store.LastChunk(id), clock());
        await ForEach(0, after => store.OpenPlans(id, after, Page), chunk => job.Restore(chunk, clock()));
        await ForEach(0, ReadEnded, chunk => job.Restore(chunk, clock()));
    }

    /// <summary>
    /// Reads the ended chunks whose number is at least <paramref name="from"/> and folds them into the job.
    /// </summary>
    public Task Fold(JobCore job, long from, Func<long> clock) =>
        ForEach(from - 1, ReadEnded, chunk => job.Fold(chunk.Ended!, clock()));

    private Task<ImmutableArray<ChunkRow>> ReadEnded(long after) => store.EndedChunks(id, after, Page, PageBytes);

    private static async Task ForEach(long after, Func<long, Task<ImmutableArray<ChunkRow>>> read, Action<ChunkRow> take)
    {
        while (await read(after) is { IsEmpty: false } page)
        {
            foreach (var chunk in page)
                take(chunk);
            after = page[^1].Plan.No;
        }
    }
}
