using Orleans.Concurrency;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Reads jobs for gateways: one job, a list of jobs, or the results that a job has collected.
/// <see cref="JobReading"/> does the work. Ended jobs and results come from the store.
/// Open jobs are shown by their own grains, so that the numbers are current.
/// When such a grain fails, <see cref="Get"/> fails as well, and <see cref="List"/> shows the job as it is stored.
/// </summary>
/// <remarks>
/// The grain holds no state. Each silo runs up to 16 activations side by side, each with one call at a time.
/// Further calls wait until one of these has ended.
/// A failure of the store reaches the gateway as <see cref="StoreUnavailableException"/>.
/// </remarks>
[GrainType("job-reader"), StatelessWorker(16)]
public sealed class JobReaderGrain(ITaskStore store, TimeProvider time) : Grain, IJobReaderGrain
{
    /// <summary>
    /// The most bytes of results in one reply, even if the caller asks for more.
    /// A single chunk that is larger is returned as a whole.
    /// </summary>
    private const int PageLimit = 1 << 20;

    private JobReading Reading => new(store.Jobs, id => GrainFactory.GetGrain<IJobGrain>(id.ToString()).Get(), time);

    /// <inheritdoc/>
    public Task<JobView?> Get(TaskId id) => Reading.Get(id);

    /// <inheritdoc/>
    public Task<ImmutableArray<JobView>> List(JobFilter filter, TaskId? before, int limit) => Reading.List(filter, before, limit);

    /// <inheritdoc/>
    public Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes) =>
        Reading.Results(id, after, Math.Min(bytes, PageLimit));
}
