using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>Reads what is stored of one job, piece by piece.</summary>
internal sealed class StoredJob(IJobStore store, TaskId id)
{
    private const int Page = 4096;
    private const int PageBytes = 4 << 20;

    /// <summary>The row with all of its progress; null when there is no such job.</summary>
    public async Task<JobRow?> Get() =>
        await store.Get(id) is { } row ? row with { Progress = await StoredProgress.Read(store, id, row.Progress) } : null;

    /// <summary>Takes up an open job's row and all of its chunks. Throws <see cref="FormatException"/>.</summary>
    public async Task Restore(JobCore job, JobRow row, Func<long> clock)
    {
        job.Restore(row, await store.LastChunk(id), clock());
        await ForEach(0, after => store.OpenPlans(id, after, Page), chunk => job.Restore(chunk, clock()));
        await ForEach(0, ReadEnded, chunk => job.Restore(chunk, clock()));
    }

    /// <summary>Folds every chunk that has ended from a number on.</summary>
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
