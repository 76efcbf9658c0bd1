using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Reads jobs for gateways: one job, a list of jobs, or the results that a job has collected.
/// <see cref="JobReaderGrain"/> calls it. Jobs that have ended come from the store; open jobs come from their grains,
/// which know the newest state. Holds no state. When the store cannot be read, all methods throw
/// <see cref="StoreUnavailableException"/>.
/// </summary>
/// <remarks>
/// A spec and the progress (the aggregates so far) can be megabytes large. To bound memory, a list reads a job's head,
/// a short summary of its spec (<see cref="JobHead"/>), and the progress of at most 16 jobs at a time.
/// </remarks>
/// <param name="store">The stored jobs.</param>
/// <param name="ask">
/// Asks the grain of an open job for its view; null when the grain finds no such job. May throw.
/// </param>
/// <param name="time">The clock.</param>
internal sealed class JobReading(IJobStore store, Func<TaskId, Task<JobView?>> ask, TimeProvider time)
{
    /// <summary>
    /// The approximate limit of a page of <see cref="List"/>, in bytes. A page may exceed it by one job.
    /// </summary>
    public const int PageBytes = 4 << 20;

    /// <summary>How many jobs a list reads at the same time.</summary>
    private const int MostReads = 16;

    /// <summary>The approximate size of a view without its aggregate, in bytes.</summary>
    private const int ViewBytes = 512;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Returns one job; null when there is none. Throws what the grain of an open job throws. A job whose spec cannot
    /// be read is shown with the columns of its row only.
    /// </summary>
    public async Task<JobView?> Get(TaskId id)
    {
        // Not the whole row: its columns, without spec and progress.
        if (await store.Get(id, whole: false) is not { } row)
            return null;
        // The grain is not asked for a job whose spec this program cannot read: the grain cannot either.
        if (!row.State.IsFinal() && SpecOf(row) is not null && await ask(id) is { } live)
            return live;
        // The job may have ended, or retention may have removed it, since the row was read.
        return await store.Get(id, whole: false) is { } current ? await ViewOf(current) : null;
    }

    /// <summary>Returns the stored spec of a job, as bytes of JSON; null when there is no such job.</summary>
    public async Task<ReadOnlyMemory<byte>?> Spec(TaskId id) => (await store.Get(id))?.Spec;

    /// <summary>
    /// Returns the insight into a job; null when there is none. Throws what the grain of an open job throws. Of a job
    /// that this program cannot read, all parts are empty.
    /// </summary>
    /// <param name="id">The job.</param>
    /// <param name="look">The parts.</param>
    /// <param name="inspect">Asks the grain of an open job; null when the grain finds no such job.</param>
    public async Task<JobInsight?> Inspect(TaskId id, JobLook look, Func<Task<JobInsight?>> inspect)
    {
        if (await store.Get(id, whole: false) is not { } row)
            return null;
        if (!row.State.IsFinal() && SpecOf(row) is not null && await inspect() is { } live)
            return live;
        if (await store.Get(id, whole: false) is not { } current)
            return null;
        try
        {
            if (SpecOf(current) is { } spec && await store.Progress(id) is { } progress)
            {
                var core = new JobCore(id, spec);
                core.Restore(current with { Progress = await StoredProgress.Read(store, id, progress) }, null, Now);
                return JobInsights.Of(core, core.View(default, Now), look, JobRuns.None, default, Now);
            }
        }
        catch (FormatException)
        {
            // The progress is damaged.
        }

        return await store.Get(id, whole: false) is null ? null : new JobInsight();
    }

    /// <summary>
    /// Returns jobs, newest first. A page ends at <paramref name="limit"/> jobs or at about <see cref="PageBytes"/>,
    /// and leaves out jobs that are removed meanwhile. So a page that is not full need not be the last: the caller goes
    /// on until a page is empty, which is so only after the last job. The views have no failures, to keep the page
    /// small. A job whose grain fails to answer is shown as it is stored.
    /// </summary>
    /// <param name="filter">Which jobs.</param>
    /// <param name="before">Only jobs older than this one; null for all.</param>
    /// <param name="limit">The most jobs.</param>
    /// <param name="cancellation">Ends the read.</param>
    public async Task<ImmutableArray<JobView>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default)
    {
        while (await store.List(filter, before, limit, cancellation) is { IsEmpty: false } rows)
        {
            if (await Views(rows) is { IsEmpty: false } views)
                return views;
            // All of them were removed meanwhile.
            before = rows[^1].Id;
        }

        return [];
    }

    /// <summary>The views of the rows whose jobs are still there, as many as fit into a page.</summary>
    private async Task<ImmutableArray<JobView>> Views(ImmutableArray<JobRow> rows)
    {
        var views = ImmutableArray.CreateBuilder<JobView>();
        var bytesLeft = (long)PageBytes;
        foreach (var wave in rows.Chunk(MostReads))
        {
            foreach (var view in await Task.WhenAll(wave.Select(Listed)))
            {
                if (bytesLeft <= 0)
                    return views.DrainToImmutable();
                if (view is null)
                    continue;
                views.Add(view with { Failures = [] });
                bytesLeft -= view.Aggregate.Length + ViewBytes;
            }
        }

        return views.DrainToImmutable();
    }

    /// <summary>
    /// Returns about <paramref name="bytes"/> of the results that a job has collected, of chunks with numbers above
    /// <paramref name="after"/> (0 for the first page), in the order of these numbers. An empty page means that there
    /// are no more for now. Null means that there is no such job, that it collects nothing, or that this program cannot
    /// read its spec.
    /// </summary>
    public async Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes)
    {
        if (await store.Get(id, whole: false) is not { } row || SpecOf(row) is not { Plan.Collects: true } spec)
            return null;
        var page = await store.Collected(id, after, bytes);
        // Retention hides a job before it deletes the results. If the job is not found now, the page may lack results:
        // answer that there is no such job.
        if (row.State.IsFinal() && await store.Get(id, whole: false) is null)
            return null;
        if (!spec.KeepsOrder || row.State.IsFinal())
            return page;
        // The results must come in the order of the source. So while the job runs, stop at the first number without a
        // result: that chunk has not ended. Chunks are numbered from 1 without gaps, and each that succeeds stores a
        // result, if an empty one. A chunk that fails also fails the job, so it does not hold back results for long.
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
            // One job that cannot be asked must not hide the others: it is shown as it is stored.
        }

        return await ViewOf(row);
    }

    /// <summary>
    /// Returns the view of a job from what is stored; null when retention has removed the job since its row was read.
    /// When the spec or the progress cannot be read, the view has the row's columns only: its counts are 0 and its
    /// aggregate is empty. The progress may be newer than the row.
    /// </summary>
    private async Task<JobView?> ViewOf(JobRow row)
    {
        try
        {
            if (SpecOf(row) is { } spec && await store.Progress(row.Id) is { } progress)
                return JobViews.Of(row with { Progress = await StoredProgress.Read(store, row.Id, progress) }, spec, Now);
        }
        catch (FormatException)
        {
            // The progress is damaged, or the grain of an open job has saved newer progress during the read, which deletes
            // the old parts.
        }

        return await store.Get(row.Id, whole: false) is null ? null : JobViews.OfColumns(row);
    }

    /// <summary>
    /// Returns a spec to show the job with. Such a spec cannot run the job: made from a head, it lacks items, command
    /// and path. Null when the head is damaged.
    /// </summary>
    private static JobSpec? SpecOf(JobRow row)
    {
        try
        {
            return JobHead.Read(row.Head.Span).ToSpec(row);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
