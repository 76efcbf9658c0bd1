using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Reads one job and its chunks from the store into a <see cref="JobCore"/>. Chunks come in pages, by their numbers, which begin at 1.
/// A page has at most 4,096 chunks; one of ended chunks also ends as soon as its reports have 4 MiB.
/// </summary>
internal sealed class StoredJob(IJobStore store, TaskId id)
{
    private const int PageChunks = 4096;
    private const int PageBytes = 4 << 20;

    /// <summary>Returns the job's row, with its progress or a reference to the parts; null when the job does not exist.</summary>
    public Task<JobRow?> Get() => store.Get(id);

    /// <summary>
    /// Replaces a reference to parts in the row by the whole progress. Only for a row that cannot change meanwhile: every commit of progress
    /// deletes the parts that earlier rows refer to.
    /// </summary>
    /// <exception cref="FormatException">A part of the progress is missing.</exception>
    public async Task<JobRow> WithProgress(JobRow row) =>
        row with { Progress = await StoredProgress.Read(store, id, row.Progress) };

    /// <summary>
    /// Restores an unfinished job from its row and from all of its chunks in the store; chunks that the row's progress includes are
    /// passed over. The job must have been opened at its dispatcher for this activation before the row was read, so that no earlier
    /// activation changes it meanwhile.
    /// </summary>
    /// <param name="job">The job to restore.</param>
    /// <param name="row">The job's row, from <see cref="WithProgress"/>.</param>
    /// <param name="clock">Returns the current time, in Unix milliseconds.</param>
    /// <exception cref="FormatException">The stored progress cannot be read.</exception>
    public async Task Restore(JobCore job, JobRow row, Func<long> clock)
    {
        job.Restore(row, await store.LastChunk(id), clock());
        // The dispatcher goes on ending chunks. One that ends between these reads is in both lists, which the job allows; if ended
        // chunks were read first, it could be in neither, and its results would be lost.
        await ForEach(0, after => store.OpenPlans(id, after, PageChunks), chunk => job.Restore(chunk, clock()));
        await ForEach(0, ReadEnded, chunk => job.Restore(chunk, clock()));
    }

    /// <summary>
    /// Reads the ended chunks whose number is at least <paramref name="from"/> and folds them into the job, which ignores those that it
    /// has folded already. Used when the dispatcher's hints of ended chunks did not come or were dropped.
    /// </summary>
    public Task Fold(JobCore job, long from, Func<long> clock) =>
        ForEach(from - 1, ReadEnded, chunk => job.Fold(chunk.Ended!, clock()));

    private Task<ImmutableArray<ChunkRow>> ReadEnded(long after) => store.EndedChunks(id, after, PageChunks, PageBytes);

    /// <summary>Reads page after page, each from the last chunk of the one before on, until a page is empty.</summary>
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
