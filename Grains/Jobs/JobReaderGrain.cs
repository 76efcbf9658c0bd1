using Orleans.Concurrency;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Reads jobs on behalf of gateways, see <see cref="JobReading"/>. A silo runs up to 16 activations side by side, each with one call at
/// a time; none keeps anything between calls.
/// </summary>
[GrainType("job-reader"), StatelessWorker(16)]
public sealed class JobReaderGrain(ITaskStore store, TimeProvider time) : Grain, IJobReaderGrain
{
    /// <summary>The most bytes of results that one call asks the store for.</summary>
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
