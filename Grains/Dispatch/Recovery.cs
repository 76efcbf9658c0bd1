using Microsoft.Extensions.Logging;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Reads the open tasks, jobs and chunks of a queue from the store into a new core, after a dispatcher has taken the
/// queue over or a commit was refused. A queue may have a million waiting tasks, so the dispatcher works before all are
/// read: <see cref="Begin"/> reads the tasks that nodes hold, and all open jobs, schedules, workflows and rollouts;
/// <see cref="ReadPage"/> reads the rest between rounds.
/// </summary>
/// <remarks>
/// <code>
/// Begin       tasks that nodes hold, open jobs               the queue takes no work yet
/// ReadPage    waiting tasks, page by page in matching order  tasks up to the last one read (the horizon) are assigned
/// ReadPage    ended tasks that loaded ones wait for          any task may be assigned, if it waits for no other
/// ReadPage    open chunks, job by job, page by page
/// complete
/// </code>
/// A task beyond the horizon waits, because an unread task may come before it. A task that an operation names is read
/// ahead of its page (<see cref="Load(Lookup, long)"/>); the core ignores it when that page is read. A failed read is
/// retried after 50 ms, doubling up to 2 s, while the dispatcher serves.
/// </remarks>
internal sealed class Recovery(
    ITaskStore store, DispatchCore core, int queueNo, Func<long> clock, DispatchOptions options, ILogger logger)
{
    // In milliseconds.
    private const long LeastPause = 50;
    private const long MostPause = 2_000;

    // The maximum number of rows in a page, and of bytes in a page of jobs or chunks.
    private const int ParentPage = 1024;
    private const int ChunkPage = 1024;
    private const int SchedulePage = 1024;
    private const int WorkflowPage = 64;
    private const int RolloutPage = 16;
    private const int PageBytes = 4 << 20;

    // The jobs whose chunks are not all read; the first is being read.
    private readonly Queue<TaskId> jobs = new();

    // The last waiting task that was read, in matching order. Starts at a position before every task.
    private (int Priority, long Order) lastTask = (ReadyIndex.HighestPriority + 1, 0);

    // The number of the last chunk read of the first job; 0 before that job's first page.
    private long lastChunk;
    private bool areTasksRead;

    private long pause = LeastPause;

    /// <summary>
    /// Whether everything has been read. Until then, each operation looks up the tasks that it names
    /// (<see cref="DispatchOperation.AskOpen"/>). Becomes false again when undoing a cancel brings back a task whose
    /// parents are unknown.
    /// </summary>
    public bool IsComplete => areTasksRead && !core.HasUnknownParents && jobs.Count == 0;

    /// <summary>When to repeat a failed read, in milliseconds of the steady clock; 0 if none failed.</summary>
    public long RetryAt { get; private set; }

    /// <summary>
    /// Reads the tasks that nodes hold, and open jobs, schedules, workflows and rollouts. Called once, first.
    /// </summary>
    public async Task Begin(CancellationToken cancellation)
    {
        foreach (var leased in await store.LoadLeased(queueNo, cancellation))
            core.Load(leased, clock());
        TaskId last = default;
        while (await store.Jobs.ListOpen(queueNo, last, PageBytes) is { IsEmpty: false } page)
        {
            foreach (var job in page)
                Load(job);
            last = page[^1].Id;
        }

        await ReadSchedules();
        await ReadWorkflows();
        await ReadRollouts();
        core.SetHorizon(lastTask.Priority, lastTask.Order);
        if (core.LimitsDepth)
            core.Admission.SetUnread(await store.CountWaiting(queueNo));
    }

    // Reads schedules before anything starts, so that the core knows what an earlier owner has started.
    private async Task ReadSchedules()
    {
        var last = 0L;
        while (await store.Schedules.Load(queueNo, last, SchedulePage) is { IsEmpty: false } page)
        {
            foreach (var schedule in page)
                Load(schedule);
            last = page[^1].Row.No;
        }

        if (last == 0)
            return;
        last = 0;
        while (await store.Schedules.LoadOpen(queueNo, last, SchedulePage) is { IsEmpty: false } page)
        {
            foreach (var occurrence in page)
                core.Schedules.Load(occurrence);
            last = page[^1].No;
        }
    }

    // Reads workflows before the first round, because a round that ends a workflow node needs its workflow.
    private async Task ReadWorkflows()
    {
        var last = 0L;
        while (await store.Workflows.LoadOpen(queueNo, last, WorkflowPage) is { IsEmpty: false } page)
        {
            foreach (var workflow in page)
            {
                var nodes = await store.Workflows.Nodes(workflow.Row.Id);
                var jobs = await store.Workflows.Jobs(workflow.Row.Id);
                Load(workflow, nodes, await LoadedItems.Of(store.Workflows, workflow.Row.Id), jobs);
                await ReadStarted(nodes, jobs);
            }

            last = page[^1].Row.No;
        }
    }

    // Reads the own tasks of nodes whose jobs are running: a job may end before the page with its node's task is read.
    private async Task ReadStarted(ImmutableArray<WorkflowNodeRow> nodes, ImmutableArray<StoredNodeJob> jobs)
    {
        var started = jobs.Where(job => job.Row.Job is not null && !nodes[job.Node].State.IsFinal())
            .Select(job => nodes[job.Node].Task);
        foreach (var page in started.Chunk(ParentPage))
        {
            foreach (var task in await store.Find(queueNo, [.. page]))
                core.Load(task, clock());
        }
    }

    // Reads rollouts before the first round, because a round that ends a task needs its rollout.
    private async Task ReadRollouts()
    {
        var last = 0L;
        while (await store.Rollouts.LoadOpen(queueNo, last, RolloutPage) is { IsEmpty: false } page)
        {
            foreach (var rollout in page)
                await Load(rollout);
            last = page[^1].Row.No;
        }
    }

    /// <summary>
    /// Loads a rollout. If its body cannot be parsed, it stays stored and starts nothing. An owner of an earlier
    /// version, which knows no rollouts, may have ended some of its tasks.
    /// </summary>
    private async Task Load(StoredRollout rollout)
    {
        try
        {
            var nodes = await store.Rollouts.Nodes(rollout.Row.Id, state: null, after: -1, rollout.Row.Count);
            foreach (var page in core.Rollouts.Load(rollout, nodes).ToArray().Chunk(ParentPage))
            {
                foreach (var task in await store.Find(queueNo, [.. page]))
                {
                    if (task.Row.State.IsFinal())
                        core.Rollouts.Ended(task.Row.Id, task.Row.State);
                }
            }
        }
        catch (FormatException fault)
        {
            logger.RolloutUnreadable(core.Queue, rollout.Row.Id, fault);
        }
    }

    /// <summary>
    /// Reads the next page into the core. Must not be called when <see cref="IsComplete"/>. Only the loop calls it,
    /// between rounds or before a round applies its operations: nothing is committed between the read and the load, so
    /// the page is current. A failed read sets <see cref="RetryAt"/>.
    /// </summary>
    public async Task ReadPage(long steadyNow)
    {
        try
        {
            if (!areTasksRead)
                await ReadTasks();
            else if (core.HasUnknownParents)
                await ReadParents();
            else
                await ReadChunks(jobs.Peek());
            (RetryAt, pause) = (0, LeastPause);
        }
        catch (StoreUnavailableException exception)
        {
            logger.PageNotRead(core.Queue, exception);
            RetryAt = steadyNow + pause;
            pause = Math.Min(MostPause, 2 * pause);
        }
    }

    /// <summary>Loads the open tasks that operations have looked up, before the operations are applied.</summary>
    public void Load(Lookup lookup, long now)
    {
        foreach (var task in lookup.Tasks)
        {
            if (!task.Row.State.IsFinal())
                core.Load(task, now);
        }
    }

    /// <summary>Loads a job. If its spec cannot be parsed, it stays stored and its chunks do not run.</summary>
    private void Load(JobRow job)
    {
        try
        {
            core.Jobs.Load(job.Id, job.No, JobSpecReader.ReadStored(job.Spec.Span));
            jobs.Enqueue(job.Id);
        }
        catch (FormatException fault)
        {
            logger.JobUnreadable(core.Queue, job.Id, fault);
        }
    }

    /// <summary>Loads a schedule. If its body cannot be parsed, it stays stored and starts nothing.</summary>
    private void Load(StoredSchedule schedule)
    {
        try
        {
            core.Schedules.Load(schedule);
        }
        catch (FormatException fault)
        {
            logger.ScheduleUnreadable(core.Queue, schedule.Row.Id, fault);
        }
    }

    /// <summary>Loads a workflow. If its outline cannot be parsed, its nodes still run, and it stays running.</summary>
    private void Load(
        StoredWorkflow workflow, ImmutableArray<WorkflowNodeRow> nodes, ImmutableArray<LoadedItems> items,
        ImmutableArray<StoredNodeJob> jobs)
    {
        try
        {
            core.Workflows.Load(workflow, nodes, items, jobs);
        }
        catch (FormatException fault)
        {
            logger.WorkflowUnreadable(core.Queue, workflow.Row.Id, fault);
        }
    }

    private async Task ReadTasks()
    {
        var size = options.RecoveryPage;
        var page = await store.LoadWaiting(queueNo, lastTask.Priority, lastTask.Order, size, CancellationToken.None);
        var now = clock();
        foreach (var task in page)
            core.Load(task, now);
        // A page that is not full is the last.
        if (page.Length < size)
        {
            areTasksRead = true;
            core.ClearHorizon();
            logger.TasksRead(core.Queue, core.OpenCount);
            return;
        }

        lastTask = (page[^1].Priority, page[^1].Row.Order);
        core.SetHorizon(lastTask.Priority, lastTask.Order);
    }

    // All open tasks have been read, so these have ended or are no longer stored.
    private async Task ReadParents()
    {
        var asked = core.UnknownParents(ParentPage);
        core.LearnParents(asked, await store.Find(queueNo, asked), clock());
    }

    private async Task ReadChunks(TaskId job)
    {
        var page = await store.Jobs.OpenChunks(job, lastChunk, ChunkPage, PageBytes);
        var now = clock();
        foreach (var chunk in page)
            core.Jobs.LoadChunk(job, chunk.Plan, now);
        // Pages are also bounded in bytes, so only an empty page means that the job has no more chunks.
        if (page.IsEmpty)
        {
            jobs.Dequeue();
            lastChunk = 0;
        }
        else
            lastChunk = page[^1].Plan.No;
    }
}
