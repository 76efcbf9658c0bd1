using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads the jobs of all partitions. Only commits (<see cref="PartitionCommit"/>) change them, except <see cref="PutPart"/> and
/// <see cref="Prune"/>. Every method throws <see cref="StoreUnavailableException"/> when the store cannot be read or written. Bounds in
/// bytes end a page once they are reached, so a page can exceed them by its last entry. Pages begin after an id or a number; begin with
/// <c>default</c> or 0.
/// </summary>
public interface IJobStore
{
    /// <summary>The job; null when there is none. Without <paramref name="whole"/>, its spec and progress are empty.</summary>
    Task<JobRow?> Get(TaskId id, bool whole = true);

    /// <summary>
    /// The most bytes of progress that a commit should carry, and that a part may have. Larger progress is put in parts first
    /// (<see cref="PutPart"/>), and the commit then names their version.
    /// </summary>
    int LargestPart { get; }

    /// <summary>
    /// Stores a part of an open job's progress durably, in place of one of the same version and number; does nothing when the job has
    /// ended. Parts count only once a commit names their version; every commit of progress removes the parts of all other versions.
    /// When it throws, also <see cref="OutcomeUnknownException"/>, the part may be there or not.
    /// </summary>
    Task PutPart(TaskId job, long version, int part, ReadOnlyMemory<byte> bytes);

    /// <summary>A part of a job's progress; null when it is not there.</summary>
    Task<ReadOnlyMemory<byte>?> Part(TaskId job, long version, int part);

    /// <summary>The progress of a job, or where its parts are; empty when none was stored, null when there is no such job.</summary>
    Task<ReadOnlyMemory<byte>?> Progress(TaskId id);

    /// <summary>
    /// At most <paramref name="limit"/> jobs, newest first, older than <paramref name="before"/> if given, without specs and progress.
    /// </summary>
    Task<ImmutableArray<JobRow>> List(JobFilter filter, TaskId? before, int limit);

    /// <summary>
    /// The jobs of a partition after an id that have not ended, oldest first, with specs, without progress: until <paramref name="bytes"/>
    /// of specs are reached, at least one if there is one.
    /// </summary>
    /// <param name="partition">The partition's number in the store.</param>
    /// <param name="after">The last id of the page before.</param>
    /// <param name="bytes">Bounds the page.</param>
    Task<ImmutableArray<JobRow>> ListOpen(int partition, TaskId after, int bytes);

    /// <summary>The ids of all jobs that have not ended, oldest first.</summary>
    Task<ImmutableArray<TaskId>> OpenIds();

    /// <summary>
    /// Stored chunks of a job after a number that have not ended, by number, with their items: at most <paramref name="limit"/>, and until
    /// <paramref name="bytes"/> are reached, at least one if there is one.
    /// </summary>
    Task<ImmutableArray<ChunkRow>> OpenChunks(TaskId job, long after, int limit, int bytes);

    /// <summary>
    /// At most <paramref name="limit"/> stored chunks of a job after a number that have not ended, by number; of their items only the first
    /// <see cref="ChunkRow.SegmentStart"/> bytes.
    /// </summary>
    Task<ImmutableArray<ChunkRow>> OpenPlans(TaskId job, long after, int limit);

    /// <summary>
    /// Stored chunks of a job after a number that have ended and that its stored progress does not cover yet, by number: at most
    /// <paramref name="limit"/>, and until <paramref name="bytes"/> of reports are reached, at least one if there is one.
    /// </summary>
    Task<ImmutableArray<ChunkRow>> EndedChunks(TaskId job, long after, int limit, int bytes);

    /// <summary>
    /// Collected results of a job's chunks after a number, by number: until <paramref name="bytes"/> are reached, at least one chunk
    /// if there is one.
    /// </summary>
    Task<ImmutableArray<CollectedChunk>> Collected(TaskId job, long after, int bytes);

    /// <summary>How many bytes of collected results are stored of a job; 0 when there is no such job.</summary>
    Task<long> CollectedBytes(TaskId job);

    /// <summary>
    /// The largest chunk number of a job that is stored, with the place after its last item; null when none is. Chunks that the stored
    /// progress covers are not stored any more, so the caller compares this with the progress.
    /// </summary>
    Task<ChunkEnd?> LastChunk(TaskId job);

    /// <summary>
    /// Deletes at most <paramref name="limit"/> jobs that ended before <paramref name="endedBefore"/> (Unix milliseconds), in steps that
    /// commits need not wait for; how many.
    /// </summary>
    Task<int> Prune(long endedBefore, int limit);
}
