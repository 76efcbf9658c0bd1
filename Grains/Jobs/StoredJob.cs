using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Reads one job and its chunks from the store into a <see cref="JobCore"/>. <see cref="JobRunner"/> uses it in
/// two cases: to load the job when its grain is activated, and to fold ended chunks of which no hint came. To fold a
/// chunk is to add its results to those of the job.
/// A hint is the dispatcher's message that a chunk has ended; it may be lost, while the chunk itself is in the store.
/// </summary>
/// <remarks>
/// The job's row has the saved progress: how far the source was cut, and the fold of the chunks that had ended by then.
/// The store keeps only chunks that the progress does not include, open ones and ended ones.
/// Row and chunks together are the whole job.
/// </remarks>
/// <param name="store">The stored jobs.</param>
/// <param name="id">The job's id.</param>
internal sealed class StoredJob(IJobStore store, TaskId id)
{
    private const int PageChunks = 4096;

    /// <summary>
    /// A page of ended chunks also ends once their reports have so many bytes, since a single report may have 15 MiB.
    /// </summary>
    private const int PageBytes = 4 << 20;

    /// <summary>
    /// Returns the job's row; null when the job does not exist. Large progress is stored in parts,
    /// and the row then has only a reference to them: see <see cref="WithProgress"/>.
    /// </summary>
    public Task<JobRow?> Get() => store.Get(id);

    /// <summary>
    /// Returns the row with its whole progress in place of a reference to parts.
    /// The job must have ended, or this activation must have opened it before the row was read.
    /// Otherwise another activation may save its progress meanwhile, which deletes the parts that the row refers to.
    /// </summary>
    /// <exception cref="FormatException">A part of the progress is missing.</exception>
    public async Task<JobRow> WithProgress(JobRow row) =>
        row with { Progress = await StoredProgress.Read(store, id, row.Progress) };

    /// <summary>
    /// Restores a job from its row and from all of its chunks in the store: open chunks become open again, ended ones
    /// are folded. The job must have been opened at its dispatcher for this activation before the row was read.
    /// From then on no earlier activation can change the job between the reads.
    /// </summary>
    /// <param name="job">The job to restore, as its constructor made it.</param>
    /// <param name="row">The job's row, from <see cref="WithProgress"/>.</param>
    /// <param name="clock">Returns the current time, in Unix milliseconds.</param>
    /// <exception cref="FormatException">The stored progress cannot be read.</exception>
    public async Task Restore(JobCore job, JobRow row, Func<long> clock)
    {
        job.Restore(row, await store.LastChunk(id), clock());
        // The order matters, because the dispatcher goes on ending chunks meanwhile.
        // A chunk that ends between the two reads is in both lists, which the job allows.
        // In the other order the chunk would be in neither list, and its results would be missing.
        await ForEach(0, after => store.OpenPlans(id, after, PageChunks), chunk => job.Restore(chunk, clock()));
        await ForEach(0, ReadEnded, chunk => job.Restore(chunk, clock()));
    }

    /// <summary>
    /// Reads the ended chunks whose number is at least <paramref name="from"/>, and folds them into the job,
    /// which ignores chunks that it has folded already. Makes up for hints that were lost or dropped,
    /// and is called before a stopping job ends.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="from">The smallest number of an open chunk: all smaller ones are folded.</param>
    /// <param name="clock">Returns the current time, in Unix milliseconds.</param>
    public Task Fold(JobCore job, long from, Func<long> clock) =>
        ForEach(from - 1, ReadEnded, chunk => job.Fold(chunk.Ended!, clock()));

    private Task<ImmutableArray<ChunkRow>> ReadEnded(long after) => store.EndedChunks(id, after, PageChunks, PageBytes);

    /// <summary>
    /// Reads all chunks whose number is larger than <paramref name="after"/>, page by page,
    /// and calls <paramref name="action"/> for each. Numbers begin at 1, so 0 reads all.
    /// </summary>
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
