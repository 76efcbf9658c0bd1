using Orleans.Concurrency;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Reads jobs for gateways (<see cref="JobReading"/>). Open jobs come from their own grains, which alone have current
/// counts; other jobs come from the store. Holds no state. All methods throw <see cref="StoreUnavailableException"/>;
/// <see cref="Get"/> also throws what an open job's grain throws.
/// </summary>
[GrainType("job-reader"), StatelessWorker(16), Reentrant]
public sealed class JobReaderGrain(ITaskStore store, TimeProvider time) : Grain, IJobReaderGrain
{
    /// <summary>Limit on the bytes of a page of <see cref="Results"/>; its last chunk may exceed it.</summary>
    private const int ResultPageBytes = 1 << 20;

    private JobReading Reading => new(store.Jobs, id => GrainFactory.Reference<IJobGrain>(id.ToString()).Get(), time);

    /// <inheritdoc/>
    public Task<JobView?> Get(TaskId id) => Reading.Get(id);

    /// <inheritdoc/>
    public Task<JobInsight?> Inspect(TaskId id, JobLook look) =>
        Reading.Inspect(id, look, () => GrainFactory.Reference<IJobGrain>(id.ToString()).Inspect(look));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> Spec(TaskId id) => Reading.Spec(id);

    /// <inheritdoc/>
    public Task<ImmutableArray<JobView>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default) =>
        Reading.List(filter, before, limit, cancellation);

    /// <inheritdoc/>
    /// <remarks>
    /// While a job that keeps the source's order runs, a page ends before the first chunk without a result, so callers
    /// can continue from the last number. In other running jobs, a lower chunk can still end later: read again from 0.
    /// </remarks>
    public Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes) =>
        Reading.Results(id, after, Math.Min(bytes, ResultPageBytes));
}
