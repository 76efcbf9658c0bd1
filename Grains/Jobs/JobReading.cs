using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Shows jobs to gateways: ended ones from the store, open ones by asking their grains. A list reads neither specs nor more than one
/// wave of progress at a time.
/// </summary>
/// <param name="store">The stored jobs.</param>
/// <param name="ask">Asks the grain of an open job.</param>
/// <param name="time">The clock.</param>
internal sealed class JobReading(IJobStore store, Func<TaskId, Task<JobView?>> ask, TimeProvider time)
{
    /// <summary>About the most bytes of a page of a list.</summary>
    public const int PageBytes = 4 << 20;

    private const int Wave = 16;
    private const int ViewBytes = 512;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>One job; null when there is none.</summary>
    public async Task<JobView?> Get(TaskId id)
    {
        if (await store.Get(id, whole: false) is not { } row)
            return null;
        if (!row.State.IsFinal() && await SpecOf(row) is not null && await ask(id) is { } live)
            return live;
        return await store.Get(id, whole: false) is { } now ? await ViewOf(now) : null;
    }

    /// <summary>Jobs, newest first, without their failures: at most so many, and until a page is full, at least one if there is one.</summary>
    public async Task<ImmutableArray<JobView>> List(JobFilter filter, TaskId? before, int limit)
    {
        var views = ImmutableArray.CreateBuilder<JobView>();
        var rows = await store.List(filter, before, limit);
        var left = (long)PageBytes;
        foreach (var wave in rows.Chunk(Wave))
        {
            foreach (var view in await Task.WhenAll(wave.Select(Listed)))
            {
                if (left <= 0)
                    return views.DrainToImmutable();
                if (view is null)
                    continue;
                views.Add(view with { Failures = [] });
                left -= view.Aggregate.Length + ViewBytes;
            }
        }

        return views.DrainToImmutable();
    }

    /// <summary>Collected results, see <see cref="IJobReaderGrain.Results"/>.</summary>
    public async Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes)
    {
        if (await store.Get(id, whole: false) is not { } row || await SpecOf(row) is not { Plan.Collects: true } spec)
            return null;
        var page = await store.Collected(id, after, bytes);
        // Retention may have removed the job since: what is left of its results then is no answer.
        if (row.State.IsFinal() && await store.Get(id, whole: false) is null)
            return null;
        if (!spec.KeepsOrder || row.State.IsFinal())
            return page;
        // While it runs, the source's order goes as far as the first chunk that has not ended.
        var next = after;
        return [.. page.TakeWhile(chunk => chunk.No == ++next)];
    }

    [SuppressMessage("Design", "CA1031", Justification = "A job that cannot be asked must not hide the others.")]
    private async Task<JobView?> Listed(JobRow row)
    {
        try
        {
            if (!row.State.IsFinal() && await ask(row.Id) is { } live)
                return live;
        }
        catch (Exception)
        {
            // It is shown as it is stored.
        }

        return await ViewOf(row);
    }

    /// <summary>A job as it is stored; null when retention has removed it since its row was read.</summary>
    private async Task<JobView?> ViewOf(JobRow row)
    {
        try
        {
            if (await SpecOf(row) is { } spec && await store.Progress(row.Id) is { } progress)
                return JobViews.Of(row with { Progress = await StoredProgress.Read(store, row.Id, progress) }, spec, Now);
        }
        catch (FormatException)
        {
            // A later program has written it, or a part of it has been removed.
        }

        return await store.Get(row.Id, whole: false) is null ? null : JobViews.OfColumns(row);
    }

    /// <summary>What showing a job needs of its spec; null when this program cannot read that.</summary>
    private async Task<JobSpec?> SpecOf(JobRow row)
    {
        try
        {
            if (!row.Head.IsEmpty)
                return JobHead.Read(row.Head.Span).ToSpec(row);
            // A job of an earlier program.
            return await store.Get(row.Id) is { } whole ? JobSpecReader.ReadStored(whole.Spec.Span) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
