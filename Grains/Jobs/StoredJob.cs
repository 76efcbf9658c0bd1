using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Loads one job from the store into a <see cref="JobCore"/>, and folds ended chunks whose hints were lost. The row has
/// the saved progress, and the store keeps only the chunks not in it; together they are the whole job.
/// </summary>
internal sealed class StoredJob(IJobStore store, TaskId id)
{
    private const int PageChunks = 4096;

    /// <summary>Limit on report bytes per page; a single report can be up to 15 MiB.</summary>
    private const int PageBytes = 4 << 20;

    /// <summary>Returns the row, perhaps with a reference to parts of progress; null if there is no job.</summary>
    public Task<JobRow?> Get() => store.Get(id);

    /// <summary>
    /// Replaces a reference with the whole progress. The job must have ended or been opened by this activation before
    /// the row was read, so that only an activation that has since replaced this one deletes the parts.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// Another activation saved the job, or retention removed it, during the read.
    /// </exception>
    /// <exception cref="FormatException">The stored progress is damaged.</exception>
    public async Task<JobRow> WithProgress(JobRow row)
    {
        if (await StoredProgress.Read(store, id, row.Progress) is { } progress)
            return row with { Progress = progress };
        if (await store.Progress(id) is { } current && current.Span.SequenceEqual(row.Progress.Span))
            throw new FormatException("A part of a job's progress is missing.");
        throw new StoreUnavailableException("The job's progress was replaced while it was read.");
    }

    /// <summary>
    /// Restores a new <paramref name="job"/> from its row and all of its chunks. The job must have been opened before
    /// the row was read, so no earlier activation changes it between the reads. Throws <see cref="FormatException"/>.
    /// </summary>
    public async Task Restore(JobCore job, JobRow row, Func<long> clock)
    {
        job.Restore(row, await store.LastChunk(id), clock());
        // Open chunks first: the dispatcher keeps ending chunks, and one that ends between the reads is then in both
        // lists, which the job allows. In the other order it would be in neither, and its results would be missing.
        await ForEach(0, after => store.OpenPlans(id, after, PageChunks), chunk => job.Restore(chunk, clock()));
        await ForEach(0, ReadEnded, chunk => job.Restore(chunk, clock()));
    }

    /// <summary>
    /// Folds the stored ended chunks from the lowest open number on; chunks folded before are ignored. Recovers lost or
    /// dropped hints, and precedes the end of a stopping job.
    /// </summary>
    public Task Fold(JobCore job, long from, Func<long> clock) =>
        ForEach(from - 1, ReadEnded, chunk => job.Fold(chunk.Ended!, clock()));

    private Task<ImmutableArray<ChunkRow>> ReadEnded(long after) => store.EndedChunks(id, after, PageChunks, PageBytes);

    /// <summary>Visits all chunks with higher numbers, page by page. Numbers begin at 1.</summary>
    private static async Task ForEach(long after, Func<long, Task<ImmutableArray<ChunkRow>>> read, Action<ChunkRow> action)
    {
        while (await read(after) is { IsEmpty: false } page)
        {
            foreach (var chunk in page)
                action(chunk);
            after = page[^1].Plan.No;
        }
    }
}
