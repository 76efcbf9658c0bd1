using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads the data jobs of all queues, with their chunks. A data job processes the items of a source in chunks.
/// Dispatchers and job grains restore themselves from it, reader grains show jobs from it to gateways, and the silo's
/// upkeep deletes old jobs. Jobs are changed by their queue's commits (<see cref="QueueCommit"/>); only
/// <see cref="PutPart"/> and <see cref="Prune"/> write by themselves.
/// </summary>
/// <remarks>
/// Every method throws <see cref="StoreUnavailableException"/> when the store cannot be read or written. The two
/// methods that write also throw <see cref="OutcomeUnknownException"/>.
/// <para>
/// Pages: <c>after</c> is the last id or number of the page before, or <c>default</c> or 0 for the first page. An empty
/// page is the end. A page that is bounded in bytes ends once the bound is reached: its last entry may exceed the
/// bound, and a page has at least one entry if any is left.
/// </para>
/// <para>
/// Progress is the merged results (the fold) of ended chunks and how far the source was cut, in the job grain's own
/// form. Large progress is stored in parts: the job's grain puts the parts under a new version, then a commit stores a
/// reference that names the version.
/// </para>
/// </remarks>
public interface IJobStore
{
    /// <summary>
    /// Returns the job; null when there is none. If <paramref name="whole"/> is false, its spec and progress are empty.
    /// </summary>
    Task<JobRow?> Get(TaskId id, bool whole = true);

    /// <summary>
    /// The most bytes of progress that a commit should carry, and the most that a part may have. Larger progress is put
    /// in parts.
    /// </summary>
    int LargestPart { get; }

    /// <summary>
    /// Stores a part of an open job's progress durably; replaces a part of the same version and number. Does nothing
    /// when the job has ended or does not exist. Parts count only once a commit names their version; every commit of
    /// progress removes the parts of all other versions. After any exception the part may be stored or not: putting it
    /// again is harmless.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="version">Larger than 0, and not the version that the stored progress refers to.</param>
    /// <param name="part">The part's number, from 0.</param>
    /// <param name="bytes">At most <see cref="LargestPart"/> bytes.</param>
    Task PutPart(TaskId job, long version, int part, ReadOnlyMemory<byte> bytes);

    /// <summary>
    /// Returns a part of a job's progress; null when it is not stored, for example because a later commit has removed
    /// it.
    /// </summary>
    Task<ReadOnlyMemory<byte>?> Part(TaskId job, long version, int part);

    /// <summary>
    /// Returns the progress of a job, or the reference to its parts; empty when none was stored, null when there is no
    /// such job.
    /// </summary>
    Task<ReadOnlyMemory<byte>?> Progress(TaskId id);

    /// <summary>
    /// Returns at most <paramref name="limit"/> jobs, newest first, without specs and progress; only jobs older than
    /// <paramref name="before"/> unless that is null.
    /// </summary>
    Task<ImmutableArray<JobRow>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default);

    /// <summary>
    /// Returns a page of a queue's jobs that have not ended, oldest first, with specs, without progress. A
    /// dispatcher reads them before it takes work.
    /// </summary>
    /// <param name="queueNo">The queue's number in the store.</param>
    /// <param name="after">The last id of the page before.</param>
    /// <param name="bytes">Bounds the specs of the page.</param>
    Task<ImmutableArray<JobRow>> ListOpen(int queueNo, TaskId after, int bytes);

    /// <summary>
    /// Returns the ids of all jobs that have not ended, oldest first. The silo keeps their grains active by this list.
    /// </summary>
    Task<ImmutableArray<TaskId>> OpenIds();

    /// <summary>
    /// Returns a page of a job's chunks that have not ended, by number, with their items: at most
    /// <paramref name="limit"/> chunks and about <paramref name="bytes"/> of items. A dispatcher reads them after a
    /// restart, to run them again.
    /// </summary>
    Task<ImmutableArray<ChunkRow>> OpenChunks(TaskId job, long after, int limit, int bytes);

    /// <summary>
    /// Returns the same chunks as <see cref="OpenChunks"/>, at most <paramref name="limit"/>, but of their items only
    /// the first <see cref="ChunkRow.SegmentStart"/> bytes: a job's grain needs no more to know its open chunks.
    /// </summary>
    Task<ImmutableArray<ChunkRow>> OpenPlans(TaskId job, long after, int limit);

    /// <summary>
    /// Returns a page of a job's chunks that have ended and that the stored progress does not include yet, by number:
    /// at most <paramref name="limit"/> chunks and about <paramref name="bytes"/> of reports. A job's grain folds them.
    /// </summary>
    Task<ImmutableArray<ChunkRow>> EndedChunks(TaskId job, long after, int limit, int bytes);

    /// <summary>
    /// Returns a page of a job's collected results, chunk by chunk, by number, with about <paramref name="bytes"/> of
    /// results. A chunk that failed or has not ended has none, so the numbers can have gaps.
    /// </summary>
    Task<ImmutableArray<CollectedChunk>> Collected(TaskId job, long after, int bytes);

    /// <summary>Returns the size of a job's collected results, in bytes; 0 when there is no such job.</summary>
    Task<long> CollectedBytes(TaskId job);

    /// <summary>
    /// Returns the largest number of a job's stored chunks, with the place after that chunk's last item; null when no
    /// chunk is stored. A job's grain goes on cutting the source there after a restart. Chunks that the stored progress
    /// includes are not stored any more, so the grain goes on at the place in the progress if that is further.
    /// </summary>
    Task<ChunkEnd?> LastChunk(TaskId job);

    /// <summary>
    /// Deletes at most <paramref name="limit"/> jobs that ended before <paramref name="endedBefore"/> (Unix
    /// milliseconds), with their collected results, in steps so short that commits need not wait. Returns how many;
    /// fewer than <paramref name="limit"/> means that no such job is left. When it throws, some jobs may be deleted or
    /// partly deleted; the next call goes on.
    /// </summary>
    Task<int> Prune(long endedBefore, int limit);
}
