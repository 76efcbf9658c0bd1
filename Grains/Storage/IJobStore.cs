using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads the jobs of all partitions; what changes them is in <see cref="PartitionCommit"/>. Every method throws
/// <see cref="StoreUnavailableException"/> when the store cannot be read.
/// </summary>
public interface IJobStore
{
    /// <summary>The job, or null.</summary>
    Task<JobRow?> Get(TaskId id);

    /// <summary>At most <paramref name="limit"/> jobs, newest first, older than <paramref name="before"/> if given.</summary>
    Task<ImmutableArray<JobRow>> List(JobFilter filter, TaskId? before, int limit);

    /// <summary>The jobs of a partition that have not ended, oldest first.</summary>
    Task<ImmutableArray<JobRow>> ListOpen(int partition);

    /// <summary>The ids of all jobs that have not ended, oldest first.</summary>
    Task<ImmutableArray<TaskId>> OpenIds();

    /// <summary>
    /// At most <paramref name="limit"/> stored chunks of a job after a number, by number: those that have ended, or those that have
    /// not.
    /// </summary>
    Task<ImmutableArray<ChunkRow>> Chunks(TaskId job, bool ended, long after, int limit);

    /// <summary>
    /// Collected results of a job's chunks after a number, by number: until <paramref name="bytes"/> are reached, at least one chunk
    /// if there is one.
    /// </summary>
    Task<ImmutableArray<CollectedChunk>> Collected(TaskId job, long after, int bytes);

    /// <summary>The largest chunk number of a job that is stored, with the place after its last item; null when none is.</summary>
    Task<ChunkEnd?> LastChunk(TaskId job);

    /// <summary>
    /// Deletes at most <paramref name="limit"/> jobs that ended before <paramref name="endedBefore"/> (Unix milliseconds); how many.
    /// </summary>
    Task<int> Prune(long endedBefore, int limit);
}
