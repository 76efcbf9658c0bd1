using Orleans.Concurrency;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>Reads jobs on behalf of gateways: ended ones from the store, open ones from their grains.</summary>
[GrainType("job-reader"), StatelessWorker(16)]
public sealed class JobReaderGrain(ITaskStore store, TimeProvider time) : Grain, IJobReaderGrain
{
    /// <inheritdoc/>
    public async Task<JobView?> Get(TaskId id) => await store.Jobs.Get(id) is { } row ? await View(row) : null;

    /// <inheritdoc/>
    public async Task<ImmutableArray<JobView>> List(JobFilter filter, TaskId? before, int limit) =>
        [.. await Task.WhenAll((await store.Jobs.List(filter, before, limit)).Select(View))];

    private async Task<JobView> View(JobRow row)
    {
        if (!row.State.IsFinal() && await GrainFactory.GetGrain<IJobGrain>(row.Id.ToString()).Get() is { } live)
            return live;
        return JobCore.ViewOf(row, JobSpecReader.ReadStored(row.Spec.Span), time.GetUtcNow().ToUnixTimeMilliseconds());
    }
}
