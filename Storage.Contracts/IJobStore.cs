using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads data jobs and their chunks. Jobs change through their queue's commits (<see cref="QueueCommit"/>); only
/// <see cref="PutPart"/> and <see cref="Prune"/> write by themselves.
/// </summary>
/// <remarks>
/// Methods throw <see cref="StoreUnavailableException"/>; the two that write also
/// <see cref="OutcomeUnknownException"/>. In pages, <c>after</c> is the last id or number of the page before;
/// <c>default</c> or 0 starts, and an empty page ends. A page bounded in bytes has at least one entry if any is left;
/// the last entry may exceed the bound. Large progress is stored in parts: the job's grain puts them under a new
/// version, which a commit then names.
/// </remarks>
public interface IJobStore
{
    /// <summary>Returns the job, or null; without spec and progress unless <paramref name="whole"/>.</summary>
    Task<JobRow?> Get(TaskId id, bool whole = true);

    /// <summary>The most bytes of progress in a commit, and in a part. Larger progress is put in parts.</summary>
    int LargestPart { get; }

    /// <summary>
    /// Durably stores a part of an open job's progress, replacing the same version and number; does nothing for other
    /// jobs. Parts count once a commit names their version; every commit of progress removes all other versions. After
    /// an exception, repeating the call is harmless.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="version">Greater than 0, and not the one that the stored progress names.</param>
    /// <param name="part">Counts from 0.</param>
    /// <param name="bytes">At most <see cref="LargestPart"/>.</param>
    Task PutPart(TaskId job, long version, int part, ReadOnlyMemory<byte> bytes);

    /// <summary>Returns a part, or null if it is not stored; a later commit may have removed it.</summary>
    Task<ReadOnlyMemory<byte>?> Part(TaskId job, long version, int part);

    /// <summary>Returns the progress or its reference; empty if none was stored, null if there is no job.</summary>
    Task<ReadOnlyMemory<byte>?> Progress(TaskId id);

    /// <summary>Returns jobs without spec and progress, newest first, and older than a given one if set.</summary>
    Task<ImmutableArray<JobRow>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default);

    /// <summary>Returns a page of a queue's open jobs with specs, oldest first, bounded in bytes of specs.</summary>
    Task<ImmutableArray<JobRow>> ListOpen(int queueNo, TaskId after, int bytes);

    /// <summary>Returns the ids of all open jobs, oldest first. The silo keeps their grains active.</summary>
    Task<ImmutableArray<TaskId>> OpenIds();

    /// <summary>Returns a page of a job's open chunks by number, bounded in bytes of items.</summary>
    Task<ImmutableArray<ChunkRow>> OpenChunks(TaskId job, long after, int limit, int bytes);

    /// <summary>Like <see cref="OpenChunks"/>, with <see cref="ChunkRow.SegmentStart"/> bytes of items each.</summary>
    Task<ImmutableArray<ChunkRow>> OpenPlans(TaskId job, long after, int limit);

    /// <summary>Returns a page of ended chunks that the stored progress lacks, bounded in bytes of reports.</summary>
    Task<ImmutableArray<ChunkRow>> EndedChunks(TaskId job, long after, int limit, int bytes);

    /// <summary>Returns a page of collected results by chunk. Chunks that failed or are open have none.</summary>
    Task<ImmutableArray<CollectedChunk>> Collected(TaskId job, long after, int bytes);

    /// <summary>Returns the size of a job's collected results in bytes; 0 if there is no such job.</summary>
    Task<long> CollectedBytes(TaskId job);

    /// <summary>
    /// Returns the end of a job's stored chunks, or null. A restarted job cuts its source from there or from the place
    /// in its progress, whichever is further: folded chunks are not stored.
    /// </summary>
    Task<ChunkEnd?> LastChunk(TaskId job);

    /// <summary>
    /// Deletes at most <paramref name="limit"/> jobs that ended before a time (Unix milliseconds), with their results,
    /// in steps so short that commits need not wait. Returns how many; fewer than the limit means that none is left. If
    /// it throws, some jobs may be partly deleted; the next call goes on.
    /// </summary>
    Task<int> Prune(long endedBefore, int limit);
}
