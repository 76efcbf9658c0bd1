using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Jobs.Insight;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Reads jobs for <see cref="JobReaderGrain"/>: open jobs from their grains (<paramref name="ask"/> returns null if the
/// grain knows no such job), others from the store. Every method throws <see cref="StoreUnavailableException"/>. Specs
/// and progress can be megabytes, so lists read heads (<see cref="JobHead"/>) and the progress of at most 16 jobs at a
/// time.
/// </summary>
internal sealed class JobReading(IJobStore store, Func<TaskId, Task<JobView?>> ask, TimeProvider time)
{
    /// <summary>Approximate limit on a page of <see cref="List"/>, in bytes; one job may exceed it.</summary>
    public const int PageBytes = 4 << 20;

    private const int MostReads = 16;

    /// <summary>Approximate bytes of a view without its aggregate.</summary>
    private const int ViewBytes = 512;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Returns a job; null if unknown. Has only the row's columns if the spec is unreadable.</summary>
    public async Task<JobView?> Get(TaskId id)
    {
        if (await store.Get(id, whole: false) is not { } row)
            return null;
        // If the spec is unreadable here, the job's grain cannot read it either.
        if (!row.State.IsFinal() && SpecOf(row) is not null && await ask(id) is { } live)
            return live;
        // The job may have ended or been removed by retention since the row was read.
        return await store.Get(id, whole: false) is { } current ? await ViewOf(current) : null;
    }

    public async Task<ReadOnlyMemory<byte>?> Spec(TaskId id) => (await store.Get(id))?.Spec;

    /// <summary>Returns insight into a job: null if the job is unknown, empty if it is unreadable.</summary>
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
            if (SpecOf(current) is { } spec && await ProgressOf(id) is { } progress)
            {
                var core = new JobCore(id, spec);
                core.Restore(current with { Progress = progress }, null, Now);
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
    /// Lists jobs without failures, newest first. A page ends at the limit or at about <see cref="PageBytes"/> and
    /// omits jobs that were just removed, so only an empty page is the last. A job whose grain fails to answer is shown
    /// as stored.
    /// </summary>
    public async Task<ImmutableArray<JobView>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default)
    {
        while (await store.List(filter, before, limit, cancellation) is { IsEmpty: false } rows)
        {
            if (await Views(rows) is { IsEmpty: false } views)
                return views;
            // All of these jobs have been removed; continue after them.
            before = rows[^1].Id;
        }

        return [];
    }

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
    /// Returns about <paramref name="bytes"/> bytes of results of the chunks numbered above <paramref name="after"/>,
    /// by number. Empty if there are no more for now; null if the job is unknown, unreadable or collects nothing.
    /// </summary>
    public async Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes)
    {
        if (await store.Get(id, whole: false) is not { } row || SpecOf(row) is not { Plan.Collects: true } spec)
            return null;
        var page = await store.Collected(id, after, bytes);
        // Retention hides a job before it deletes the results, so a page of a hidden job may be incomplete.
        if (row.State.IsFinal() && await store.Get(id, whole: false) is null)
            return null;
        if (!spec.KeepsOrder || row.State.IsFinal())
            return page;
        // While the job runs, stop at the first missing number: that chunk has not ended. Numbers have no gaps, and
        // every chunk that succeeds stores a result, even an empty one; a chunk that fails also fails the job.
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
            // One unreachable job must not hide the others; show it as stored.
        }

        return await ViewOf(row);
    }

    /// <summary>
    /// Returns the view from the store; null if retention has removed the job. If the spec or the progress is
    /// unreadable, the view has the row's columns only. The progress may be newer than the row.
    /// </summary>
    private async Task<JobView?> ViewOf(JobRow row)
    {
        try
        {
            if (SpecOf(row) is { } spec && await ProgressOf(row.Id) is { } progress)
                return JobViews.Of(row with { Progress = progress }, spec, Now);
        }
        catch (FormatException)
        {
            // The progress is damaged.
        }

        return await store.Get(row.Id, whole: false) is null ? null : JobViews.OfColumns(row);
    }

    /// <summary>
    /// Returns a job's progress; null if the job is gone, or its grain saved newer progress during the read. Throws
    /// <see cref="FormatException"/> if the progress is damaged.
    /// </summary>
    private async Task<ReadOnlyMemory<byte>?> ProgressOf(TaskId id) =>
        await store.Progress(id) is { } stored ? await StoredProgress.Read(store, id, stored) : null;

    /// <summary>Returns a spec that can show the job but not run it; null if the head is damaged.</summary>
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
