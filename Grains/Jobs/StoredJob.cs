using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>Reads what is stored of one job, piece by piece.</summary>
internal sealed class StoredJob(IJobStore store, TaskId id)
{
    private const int Page = 4096;

    /// <summary>The row; null when there is no such job.</summary>
    public Task<JobRow?> Get() => store.Get(id);

    /// <summary>Takes up an open job's row and all of its chunks. Throws <see cref="FormatException"/>.</summary>
    public async Task Restore(JobCore job, JobRow row, Func<long> clock)
    {
        job.Restore(row, await store.LastChunk(id), clock());
        foreach (var isEnded in (bool[])[false, true])
            await ForEach(isEnded, 0, chunk => job.Restore(chunk, clock()));
    }

    /// <summary>Folds every chunk that has ended from a number on.</summary>
    public Task Fold(JobCore job, long from, Func<long> clock) =>
        ForEach(ended: true, from - 1, chunk => job.Fold(chunk.Ended!, clock()));

    private async Task ForEach(bool ended, long after, Action<ChunkRow> take)
    {
        while (true)
        {
            var page = await store.Chunks(id, ended, after, Page);
            foreach (var chunk in page)
                take(chunk);
            if (page.Length < Page)
                return;
            after = page[^1].Plan.No;
        }
    }
}
