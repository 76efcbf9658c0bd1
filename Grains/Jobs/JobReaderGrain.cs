using Orleans.Concurrency;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Reads jobs for gateways: one job, a list of jobs, or the results that a job has collected.
/// <see cref="JobReading"/> does the work. Results and ended jobs are read from the store. The view of
/// an open job comes from the job's own grain, because only that grain has the current counts.
/// </summary>
/// <remarks>
/// The grain holds no state. All gateways use the key <c>reader</c>. Each silo runs up to 16 activations of it, each
/// serving one call at a time; further calls wait. When the store cannot be read, a call throws
/// <see cref="StoreUnavailableException"/>. When the grain of an open job fails, <see cref="Get"/> throws what that
/// grain throws, and <see cref="List"/> shows the job as it is stored.
/// </remarks>
[GrainType("job-reader"), StatelessWorker(16), Reentrant]
public sealed class JobReaderGrain(ITaskStore store, TimeProvider time) : Grain, IJobReaderGrain
{
    /// <summary>
    /// The upper bound of the <c>bytes</c> of <see cref="Results"/>. A reply has whole chunks, at least one if any is
    /// left, so it can exceed the bound by a part of its last chunk.
    /// </summary>
    private const int ResultPageBytes = 1 << 20;

    private JobReading Reading => new(store.Jobs, id => GrainFactory.GetGrain<IJobGrain>(id.ToString()).Get(), time);

    /// <summary>Returns the job; null when there is none.</summary>
    public Task<JobView?> Get(TaskId id) => Reading.Get(id);

    /// <summary>Returns the insight into a job; null when there is none.</summary>
    public Task<JobInsight?> Inspect(TaskId id, JobLook look) =>
        Reading.Inspect(id, look, () => GrainFactory.GetGrain<IJobGrain>(id.ToString()).Inspect(look));

    /// <summary>Returns what the job was submitted as; null when there is none.</summary>
    public Task<ReadOnlyMemory<byte>?> Spec(TaskId id) => Reading.Spec(id);

    /// <summary>
    /// Returns at most <paramref name="limit"/> jobs that are older than <paramref name="before"/> (null: all), newest
    /// first, without their failures. Ids sort by the time of creation. A page may be shorter than the limit, because it
    /// is bounded in bytes or because jobs were deleted meanwhile; only an empty page is the end.
    /// </summary>
    public Task<ImmutableArray<JobView>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default) =>
        Reading.List(filter, before, limit, cancellation);

    /// <summary>
    /// Returns about <paramref name="bytes"/> (more than 0) of the results of chunks whose number is above
    /// <paramref name="after"/> (0 for the first page), in the order of these numbers. Empty when no stored result has a
    /// higher number at this time. Null when there is no such job or it was deleted meanwhile, when it collects nothing,
    /// or when its spec cannot be read.
    /// </summary>
    /// <remarks>
    /// While a job that keeps the source's order runs, a page ends before the first chunk that has no result yet, so a
    /// caller can go on later from the last number. While any other job runs, a chunk with a lower number can still end
    /// later; to get its results, read again from 0.
    /// </remarks>
    public Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes) =>
        Reading.Results(id, after, Math.Min(bytes, ResultPageBytes));
}
