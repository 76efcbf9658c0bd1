using Orleans.Concurrency;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Reads jobs for gateways: one job, a list of jobs, or the results that a job has collected.
/// <see cref="JobReading"/> does the work. Results and ended jobs are read from the store. An open job is shown by its
/// own grain, which has the current counts; its results still come from the store.
/// </summary>
/// <remarks>
/// The grain holds no state. All gateways use the key <c>reader</c>; each silo runs up to 16 activations, each with one
/// call at a time, and further calls wait. When the store cannot be read, a call throws
/// <see cref="StoreUnavailableException"/>. When the grain of an open job fails, <see cref="Get"/> throws what that
/// grain throws, and <see cref="List"/> shows the job as it is stored.
/// </remarks>
[GrainType("job-reader"), StatelessWorker(16)]
public sealed class JobReaderGrain(ITaskStore store, TimeProvider time) : Grain, IJobReaderGrain
{
    /// <summary>
    /// The approximate limit of a reply of <see cref="Results"/>, in bytes, even if the caller asks for more. Chunks
    /// are not split: the last chunk of a reply may exceed the limit.
    /// </summary>
    private const int ResultPageBytes = 1 << 20;

    private JobReading Reading => new(store.Jobs, id => GrainFactory.GetGrain<IJobGrain>(id.ToString()).Get(), time);

    /// <summary>Returns the job; null when there is none.</summary>
    public Task<JobView?> Get(TaskId id) => Reading.Get(id);

    /// <summary>
    /// Returns at most <paramref name="limit"/> jobs that are older than <paramref name="before"/> (null: all), newest
    /// first, without their failures. A page may be shorter than the limit; only an empty page is the end.
    /// </summary>
    public Task<ImmutableArray<JobView>> List(JobFilter filter, TaskId? before, int limit) => Reading.List(filter, before, limit);

    /// <summary>
    /// Returns about <paramref name="bytes"/> (more than 0) of the results of chunks whose number is above
    /// <paramref name="after"/> (0 for the first page), in the order of these numbers. Empty when there are no more for
    /// now. Null when there is no such job, when it collects nothing, or when its spec cannot be read. While a job that
    /// keeps the order runs, a page ends before the first chunk that has no result yet.
    /// </summary>
    public Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes) =>
        Reading.Results(id, after, Math.Min(bytes, ResultPageBytes));
}
