using Orleans.Concurrency;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>Reads jobs on behalf of gateways: ended ones from the store, open ones from their grains.</summary>
[GrainType("job-reader"), StatelessWorker(16)]
public sealed class JobReaderGrain(ITaskStore store, TimeProvider time) : Grain, IJobReaderGrain
{
    private const int PageLimit = 1 << 20;

    /// <inheritdoc/>
    public async Task<JobView?> Get(TaskId id) => await store.Jobs.Get(id) is { } row ? await View(row) : null;

    /// <inheritdoc/>
    public async Task<ImmutableArray<JobView>> List(JobFilter filter, TaskId? before, int limit) =>
        [.. await Task.WhenAll((await store.Jobs.List(filter, before, limit)).Select(View))];

    /// <inheritdoc/>
    public async Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes)
    {
        if (await store.Jobs.Get(id) is not { } row || SpecOf(row) is not { Plan.Collects: true } spec)
            return null;
        var page = await store.Jobs.Collected(id, after, Math.Min(bytes, PageLimit));
        if (!spec.KeepsOrder || row.State.IsFinal())
            return page;
        // While it runs, the source's order goes as far as the first chunk that has not ended.
        var next = after;
        return [.. page.TakeWhile(chunk => chunk.No == ++next)];
    }

    /// <summary>The spec; null when this program cannot read it.</summary>
    private static JobSpec? SpecOf(JobRow row)
    {
        try
        {
            return JobSpecReader.ReadStored(row.Spec.Span);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private async Task<JobView> View(JobRow row)
    {
        try
        {
            return await Read(row);
        }
        catch (FormatException)
        {
            return JobViews.OfColumns(row);
        }
    }

    private async Task<JobView> Read(JobRow row)
    {
        var spec = JobSpecReader.ReadStored(row.Spec.Span);
        if (!row.State.IsFinal() && await GrainFactory.GetGrain<IJobGrain>(row.Id.ToString()).Get() is { } live)
            return live;
        return JobViews.Of(row, spec, time.GetUtcNow().ToUnixTimeMilliseconds());
    }
}
