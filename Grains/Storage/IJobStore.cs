using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads the jobs of all partitions; what changes them is in <see cref="PartitionCommit"/>. Every method throws
/// <see cref="StoreUnavailableException"/> when the store cannot be read.
/// </summary>
public interface IJobStore
{
    /// <summary>The job, or null; without spec and progress unless it is asked for as a whole.</summary>
    Task<JobRow?> Get(TaskId id, bool whole = true);

    /// <summary>The most bytes of progress that a commit should carry, and that a part may have.</summary>
    int LargestPart { get; }

    /// <summary>
    /// Stores a part of an open job's progress, in place of one of the same version and number; nothing when the job has ended. The commit
    /// that names the version makes it count, and parts of other versions go with every commit of progress. Throws
    /// <see cref="StoreUnavailableException"/> when the part may not be there.
    /// </summary>
    Task PutPart(TaskId job, long version, int part, ReadOnlyMemory<byte> bytes);

    /// <summary>A part of a job's progress; null when it is not there.</summary>
    Task<ReadOnlyMemory<byte>?> Part(TaskId job, long version, int part);

    /// <summary>The fold so far of a job, or where its parts are; null when there is no such job.</summary>
    Task<ReadOnlyMemory<byte>?> Progress(TaskId id);

    /// <summary>
    /// At most <paramref name="limit"/> jobs, newest first, older than <paramref name="before"/> if given, without specs and progress.
    /// </summary>
    Task<ImmutableArray<JobRow>> List(JobFilter filter, TaskId? before, int limit);

    /// <summary>
    /// The jobs of a partition after an id that have not ended, oldest first, with specs, without progress: until <paramref name="bytes"/>
    /// are reached, at least one if there is one.
    /// </summary>
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
    /// Stored chunks of a job after a number that have ended, by number: at most <paramref name="limit"/>, and until
    /// <paramref name="bytes"/> of reports are reached, at least one if there is one.
    /// </summary>
    Task<ImmutableArray<ChunkRow>> EndedChunks(TaskId job, long after, int limit, int bytes);

    /// <summary>
    /// Collected results of a job's chunks after a number, by number: until <paramref name="bytes"/> are reached, at least one chunk
    /// if there is one.
    /// </summary>
    Task<ImmutableArray<CollectedChunk>> Collected(TaskId job, long after, int bytes);

    /// <summary>How many bytes of collected results are stored of a job; 0 when there is no such job.</summary>
    Task<long> CollectedBytes(TaskId job);

    /// <summary>The largest chunk number of a job that is stored, with the place after its last item; null when none is.</summary>
    Task<ChunkEnd?> LastChunk(TaskId job);

    /// <summary>
    /// Deletes at most <paramref name="limit"/> jobs that ended before <paramref name="endedBefore"/> (Unix milliseconds), in steps that
    /// commits need not wait for; how many.
    /// </summary>
    Task<int> Prune(long endedBefore, int limit);
}
