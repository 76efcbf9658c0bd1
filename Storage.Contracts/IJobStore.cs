using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads data jobs and their chunks. Jobs change through their queue's commits (<see cref="QueueCommit"/>); only
/// <see cref="PutPart"/> and <see cref="Prune"/> write by themselves.
/// </summary>
/// <remarks>
/// All methods throw <see cref="StoreUnavailableException"/>; the two that write also throw
/// <see cref="OutcomeUnknownException"/>. To read pages, pass the last id or number of the previous page as
/// <c>after</c>, starting with <c>default</c> or 0, until a page is empty. A page bounded in bytes has at least one
/// entry if any is left, and its last entry may exceed the bound. Progress too large for a commit is stored in parts:
/// the job's grain puts the parts under a new version, and a commit then names that version.
/// </remarks>
public interface IJobStore
{
    /// <summary>
    /// Returns the job, or null. Spec and progress are empty unless <paramref name="whole"/> is true.
    /// </summary>
    Task<JobRow?> Get(TaskId id, bool whole = true);

    /// <summary>The maximum size, in bytes, of the progress in a commit, and of a part.</summary>
    int LargestPart { get; }

    /// <summary>
    /// Durably stores a part of an open job's progress, replacing a part with the same version and number. Does nothing
    /// if the job is not open. Parts take effect when a commit names their version; each commit with progress removes
    /// the parts of all other versions. After an exception, the call can safely be repeated.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="version">Greater than 0, and different from the version that the stored progress names.</param>
    /// <param name="part">Counts from 0.</param>
    /// <param name="bytes">At most <see cref="LargestPart"/>.</param>
    Task PutPart(TaskId job, long version, int part, ReadOnlyMemory<byte> bytes);

    /// <summary>Returns a part, or null if it is not stored, for example because a later commit removed it.</summary>
    Task<ReadOnlyMemory<byte>?> Part(TaskId job, long version, int part);

    /// <summary>
    /// Returns the progress, or its reference to parts; empty if none was stored, null if there is no such job.
    /// </summary>
    Task<ReadOnlyMemory<byte>?> Progress(TaskId id);

    /// <summary>
    /// Returns jobs without spec and progress, newest first; only older ones than <paramref name="before"/> if set.
    /// </summary>
    Task<ImmutableArray<JobRow>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default);

    /// <summary>
    /// Returns a page of a queue's open jobs with their specs, oldest first, bounded in bytes of specs.
    /// </summary>
    Task<ImmutableArray<JobRow>> ListOpen(int queueNo, TaskId after, int bytes);

    /// <summary>Returns the ids of all open jobs, oldest first. The silo keeps their grains active.</summary>
    Task<ImmutableArray<TaskId>> OpenIds();

    /// <summary>Returns a page of a job's open chunks, by number, bounded in bytes of items.</summary>
    Task<ImmutableArray<ChunkRow>> OpenChunks(TaskId job, long after, int limit, int bytes);

    /// <summary>
    /// Like <see cref="OpenChunks"/>, but with only the first <see cref="ChunkRow.SegmentStart"/> bytes of items.
    /// </summary>
    Task<ImmutableArray<ChunkRow>> OpenPlans(TaskId job, long after, int limit);

    /// <summary>
    /// Returns a page of ended chunks that are not in the stored progress, bounded in bytes of reports.
    /// </summary>
    Task<ImmutableArray<ChunkRow>> EndedChunks(TaskId job, long after, int limit, int bytes);

    /// <summary>Returns a page of collected results, by chunk number. Failed and open chunks have none.</summary>
    Task<ImmutableArray<CollectedChunk>> Collected(TaskId job, long after, int bytes);

    /// <summary>Returns the size of a job's collected results in bytes; 0 if there is no such job.</summary>
    Task<long> CollectedBytes(TaskId job);

    /// <summary>
    /// Returns the end of a job's stored chunks, or null if none is stored. Folded chunks are not stored, so a
    /// restarted job continues its source from here or from the place in its progress, whichever is further.
    /// </summary>
    Task<ChunkEnd?> LastChunk(TaskId job);

    /// <summary>
    /// Deletes at most <paramref name="limit"/> jobs that ended before <paramref name="endedBefore"/> (Unix
    /// milliseconds), with their results, in steps short enough not to delay commits. Returns the number of deleted
    /// jobs; fewer than the limit means that none is left. After an exception some jobs may be partly deleted; the next
    /// call finishes them.
    /// </summary>
    Task<int> Prune(long endedBefore, int limit);
}
