using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Shows jobs to gateways: ended ones from the store, open ones by asking their grains. To bound memory, a list reads no specs (except
/// of jobs that an earlier program created), and the progress of at most 16 jobs at a time.
/// </summary>
/// <param name="store">The stored jobs.</param>
/// <param name="ask">Asks the grain of an open job for its view; null when the grain finds no such job. May throw.</param>
/// <param name="time">The clock.</param>
internal sealed class JobReading(IJobStore store, Func<TaskId, Task<JobView?>> ask, TimeProvider time)
{
    /// <summary>About the most bytes of a page of a list.</summary>
    public const int PageBytes = 4 << 20;

    /// <summary>How many jobs of a list are read side by side.</summary>
    private const int Wave = 16;

    /// <summary>About how many bytes a view has besides its aggregate.</summary>
    private const int ViewBytes = 512;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Returns one job; null when there is none. Throws what the grain of an open job throws.</summary>
    public async Task<JobView?> Get(TaskId id)
    {
        if (await store.Get(id, whole: false) is not { } row)
            return null;
        // The grain of a job that this program cannot read would only fail.
        if (!row.State.IsFinal() && await SpecOf(row) is not null && await ask(id) is { } live)
            return live;
        // The job may have ended or have been removed since the row was read.
        return await store.Get(id, whole: false) is { } now ? await ViewOf(now) : null;
    }

    /// <summary>
    /// Returns jobs, newest first, without their failures: at most <paramref name="limit"/>, and no more once a page has about
    /// <see cref="PageBytes"/>. A job whose grain fails to answer is shown as it is stored.
    /// </summary>
    /// <param name="filter">Which jobs.</param>
    /// <param name="before">Only jobs older than this one; null for all.</param>
    /// <param name="limit">The most jobs.</param>
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

    /// <summary>
    /// Returns collected results of the chunks whose number is larger than <paramref name="after"/>, see
    /// <see cref="IJobReaderGrain.Results"/>.
    /// </summary>
    public async Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes)
    {
        if (await store.Get(id, whole: false) is not { } row || await SpecOf(row) is not { Plan.Collects: true } spec)
            return null;
        var page = await store.Collected(id, after, bytes);
        // Retention deletes a job's results before the job. If the job is gone now, the page may lack results: answer that there is none.
        if (row.State.IsFinal() && await store.Get(id, whole: false) is null)
            return null;
        if (!spec.KeepsOrder || row.State.IsFinal())
            return page;
        // While the job runs, its results in the source's order end before the first chunk that has not ended. Numbers have no gaps:
        // every chunk of such a job that succeeds has a stored result, even if it is empty.
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
            // The job is shown as it is stored.
        }

        return await ViewOf(row);
    }

    /// <summary>
    /// Returns a job as it is stored, with the row's columns alone when this program cannot read the rest; null when retention has removed
    /// the job since its row was read.
    /// </summary>
    private async Task<JobView?> ViewOf(JobRow row)
    {
        try
        {
            if (await SpecOf(row) is { } spec && await store.Progress(row.Id) is { } progress)
                return JobViews.Of(row with { Progress = await StoredProgress.Read(store, row.Id, progress) }, spec, Now);
        }
        catch (FormatException)
        {
            // A later program has written the progress, or a part of it was removed after it was referred to.
        }

        return await store.Get(row.Id, whole: false) is null ? null : JobViews.OfColumns(row);
    }

    /// <summary>Returns a spec that is only good for showing the job; null when this program cannot read it, or the job is gone.</summary>
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
