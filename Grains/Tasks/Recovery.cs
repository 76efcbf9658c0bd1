using Microsoft.Extensions.Logging;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// Reads what a partition has stored into its core. What nodes hold and which jobs are open is read before the partition takes work
/// (<see cref="Begin"/>); waiting tasks and then open chunks follow page by page, between rounds (<see cref="ReadPage"/>). Tasks that
/// operations name meanwhile are taken in ahead of their page (<see cref="Take(Lookup, long)"/>); the core ignores them in the page.
/// </summary>
/// <remarks>
/// <code>
/// tasks --the last page--> chunks of a job --the last page--> chunks of the next job … --> complete
/// A store that cannot be read is asked again after 50 ms to 2 s.
/// </code>
/// </remarks>
internal sealed class Recovery(
    ITaskStore store, DispatchCore core, int partition, Func<long> clock, DispatchOptions options, ILogger logger)
{
    private const long LeastPause = 50;
    private const long MostPause = 2_000;
    private const int ChunkPage = 1024;
    private const int PageBytes = 4 << 20;

    // The jobs whose chunks are not all read; the first is being read.
    private readonly Queue<TaskId> jobs = new();

    // The last task that was read, in matching order; begins before every task.
    private (int Priority, long Order) lastTask = (ReadyIndex.HighestPriority + 1, 0);

    // The last chunk of the first job that was read; 0 before its first page.
    private long lastChunk;
    private bool areTasksRead;

    // How long to wait after the next failure, in milliseconds.
    private long pause = LeastPause;

    /// <summary>Whether everything has been read. Until then, the core does not know every open task.</summary>
    public bool IsComplete => areTasksRead && jobs.Count == 0;

    /// <summary>When to read again after a failure, by the steady clock; 0 when no read has failed: read at once.</summary>
    public long RetryAt { get; private set; }

    /// <summary>Reads leases and open jobs. Called once, before the core is used. Throws when the store cannot be read.</summary>
    public async Task Begin(CancellationToken cancellation)
    {
        foreach (var leased in await store.LoadLeased(partition, cancellation))
            core.Load(leased, clock());
        TaskId last = default;
        while (await store.Jobs.ListOpen(partition, last, PageBytes) is { IsEmpty: false } page)
        {
            foreach (var job in page)
                Take(job);
            last = page[^1].Id;
        }

        core.SetHorizon(lastTask.Priority, lastTask.Order);
    }

    /// <summary>
    /// Reads the next page, unless <see cref="IsComplete"/>. Called by the dispatcher's loop alone, between rounds, so nothing is committed
    /// between the read and the load. When the store cannot be read, sets <see cref="RetryAt"/> and does not throw.
    /// </summary>
    /// <param name="steadyNow">The time, by the steady clock.</param>
    public async Task ReadPage(long steadyNow)
    {
        try
        {
            if (!areTasksRead)
                await ReadTasks();
            else
                await ReadChunks(jobs.Peek());
            (RetryAt, pause) = (0, LeastPause);
        }
        catch (StoreUnavailableException exception)
        {
            logger.PageNotRead(core.Partition, exception);
            RetryAt = steadyNow + pause;
            pause = Math.Min(MostPause, 2 * pause);
        }
    }

    /// <summary>Takes in the open tasks that a round has looked up, before the round's operations are applied.</summary>
    public void Take(Lookup lookup, long now)
    {
        foreach (var task in lookup.Tasks)
        {
            if (!task.Row.State.IsFinal())
                core.Load(task, now);
        }
    }

    /// <summary>Loads a job. A job whose spec cannot be read stays as it is stored, and its chunks do not run.</summary>
    private void Take(JobRow job)
    {
        try
        {
            core.LoadJob(job.Id, job.No, JobSpecReader.ReadStored(job.Spec.Span));
            jobs.Enqueue(job.Id);
        }
        catch (FormatException fault)
        {
            logger.JobUnreadable(core.Partition, job.Id, fault);
        }
    }

    private async Task ReadTasks()
    {
        var size = options.RecoveryPage;
        var page = await store.LoadWaiting(partition, lastTask.Priority, lastTask.Order, size, CancellationToken.None);
        var now = clock();
        foreach (var task in page)
            core.Load(task, now);
        if (page.Length < size)
        {
            areTasksRead = true;
            core.ClearHorizon();
            logger.TasksRead(core.Partition, core.OpenCount);
            return;
        }

        lastTask = (page[^1].Priority, page[^1].Row.Order);
        core.SetHorizon(lastTask.Priority, lastTask.Order);
    }

    private async Task ReadChunks(TaskId job)
    {
        var page = await store.Jobs.OpenChunks(job, lastChunk, ChunkPage, PageBytes);
        var now = clock();
        foreach (var chunk in page)
            core.LoadChunk(job, chunk.Plan, now);
        if (page.IsEmpty)
        {
            jobs.Dequeue();
            lastChunk = 0;
        }
        else
            lastChunk = page[^1].Plan.No;
    }
}
