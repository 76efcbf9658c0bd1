using OrleansTasks.Schedules;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// Manages the nodes with data jobs of a queue's running workflows: starts their jobs, cancels them, and ends the
/// node's own task in the commit that ends the job. Does no I/O: <see cref="NodeJobReading"/> reads the specs between
/// rounds. Times are Unix milliseconds.
/// </summary>
internal sealed class NodeJobs(
    OpenTasks tasks, OpenJobs jobs, TaskEnding ending, OccurrenceIds ids, StoreSpace space, RoundBounds bounds, string queue)
    : IDispatchModule, IEndListener
{
    /// <summary>Limit on the specs that are read at a time.</summary>
    public const int Page = 8;

    private readonly Dictionary<TaskId, LiveNodeJob> byTask = [];
    private readonly Dictionary<TaskId, LiveNodeJob> byJob = [];

    // Nodes that have begun; some may need nothing any more.
    private readonly Queue<LiveNodeJob> reading = new();
    private readonly Queue<LiveNodeJob> ready = new();

    // Nodes whose jobs are being cancelled, until the jobs have ended.
    private readonly HashSet<LiveNodeJob> stopping = [];

    /// <inheritdoc/>
    public long Next => MayStart && ready.Count > 0 ? 0
        : stopping.Count == 0 ? long.MaxValue
        : stopping.Min(static node => node.CancelAt ?? long.MaxValue);

    // False while recovery reads waiting tasks: a node's own task that is not read yet would not be found at the job's
    // end.
    private bool MayWork => tasks.Ready.IsComplete;

    private bool MayStart => MayWork && space.MayGrow;

    /// <summary>The nodes whose specs must be read next, up to <see cref="Page"/>.</summary>
    public ImmutableArray<LiveNodeJob> Wanted
    {
        get
        {
            while (reading.TryPeek(out var first) && !first.NeedsRead)
                reading.Dequeue();
            return MayWork ? [.. reading.Where(static node => node.NeedsRead).Distinct().Take(Page)] : [];
        }
    }

    /// <summary>Adds the nodes of a workflow.</summary>
    public void Add(LiveWorkflow workflow)
    {
        foreach (var node in workflow.Jobs)
        {
            byTask.Add(node.Task, node);
            if (node.Job is { } job)
                byJob.Add(job, node);
            if (node.CancelAt is not null)
                stopping.Add(node);
            if (workflow.IsOpen(node.Node) && workflow.Outline.Nodes[node.Node].After.IsEmpty)
                Begin(node);
        }
    }

    /// <summary>Forgets the nodes of a workflow that has ended.</summary>
    public void Remove(LiveWorkflow workflow)
    {
        foreach (var node in workflow.Jobs)
            byTask.Remove(node.Task);
    }

    /// <summary>Returns whether a node's own task waits only for its job.</summary>
    public bool IsBegun(TaskId task) => byTask.GetValueOrDefault(task) is { IsBegun: true };

    /// <summary>Returns the node whose own task this is; null if there is none.</summary>
    public LiveNodeJob? OfNode(TaskId task) => byTask.GetValueOrDefault(task);

    /// <summary>
    /// Begins a node whose conditions are met. The task of a node whose workflow cannot be read stays scheduled.
    /// </summary>
    public void Begin(int slot)
    {
        if (byTask.GetValueOrDefault(tasks[slot].Id) is not { } node)
            return;
        tasks.StopWaiting(slot);
        Begin(node);
    }

    /// <summary>Begins a node that must run again, if it has no conditions.</summary>
    public void Reopened(LiveNodeJob node)
    {
        if (node.Workflow.Outline.Nodes[node.Node].After.IsEmpty)
            Begin(node);
    }

    /// <summary>Notes that the specs of nodes were read, or could not be read.</summary>
    public void WereRead(ImmutableArray<LiveNodeJob> nodes)
    {
        foreach (var node in nodes.Where(static node => node.IsReady))
            ready.Enqueue(node);
    }

    /// <summary>Ends a node's own task when its job ends.</summary>
    public void Ended(in WorkEnd end, long now, CommitDraft draft)
    {
        if (end.Job is not { } write || !byJob.Remove(end.Id, out var node))
            return;
        var (how, row) = node.Outcome(write, queue, now);
        draft.Workflows.Put(row);
        End(node, how, now, draft);
    }

    /// <summary>
    /// Cancels the job of a node; returns null if the node's own task must be cancelled like any other, because the job
    /// has not been started.
    /// </summary>
    public ControlOutcome? Stop(TaskId task, long now, CommitDraft draft)
    {
        if (byTask.GetValueOrDefault(task) is not { Job: not null } node)
            return null;
        var row = node.Stop(now);
        if (row is null)
            return ControlOutcome.Unchanged;
        draft.Workflows.Put(row);
        stopping.Add(node);
        return ControlOutcome.Changed;
    }

    /// <inheritdoc/>
    public void Tick(long now, CommitDraft draft)
    {
        Start(now, draft);
        draft.CancelledJobs.AddRange(TakeCancels(now).Where(jobs.IsOpen));
    }

    /// <inheritdoc/>
    public void ClockStepped(long by, long now)
    {
        // The due times belong to the old clock; a full pause from now is soon enough.
        foreach (var node in stopping)
            node.Cancelled(now);
    }

    /// <summary>Records that a node's own task has ended, whatever ended it.</summary>
    public void TaskEnded(LiveNodeJob node)
    {
        node.End();
        stopping.Remove(node);
    }

    // Starts the jobs of nodes whose specs have been read, and ends nodes whose specs cannot be read.
    private void Start(long now, CommitDraft draft)
    {
        if (!MayStart)
            return;
        var (left, bytes) = (bounds.Items, bounds.Bytes);
        while (left > 0 && bytes > 0 && ready.TryDequeue(out var node))
        {
            // The node may have been cancelled since its spec was read.
            if (!node.IsReady)
                continue;
            left--;
            bytes -= node.Spec?.Length ?? 0;
            if (!TryStart(node, ids.Next(now), draft))
                End(node, new TaskEnd(TaskTrigger.Fail, EndReason.JobFailed), now, draft);
        }
    }

    // Returns the jobs to cancel now. A cancel may be lost, so each job is returned again every few seconds until it
    // has ended.
    private List<TaskId> TakeCancels(long now)
    {
        var due = stopping.Where(node => node.CancelAt <= now).ToList();
        foreach (var node in due)
            node.Cancelled(now);
        return due.ConvertAll(static node => node.Job!.Value);
    }

    private bool TryStart(LiveNodeJob node, TaskId job, CommitDraft draft)
    {
        if (node.Spec is not { } spec)
            return false;
        try
        {
            jobs.Start(job, NodeJobText.WriteJob(spec, node.Workflow.Row.Id, node.Name, node.Workflow.Row.Run), draft);
        }
        catch (FormatException)
        {
            return false;
        }

        draft.Workflows.Put(node.Start(job));
        byJob.Add(job, node);
        return true;
    }

    private void Begin(LiveNodeJob node)
    {
        if (node.IsBegun)
            return;
        node.Begin();
        reading.Enqueue(node);
    }

    private void End(LiveNodeJob node, in TaskEnd how, long now, CommitDraft draft)
    {
        if (!tasks.TryFind(node.Task, out var slot))
            throw new InvalidOperationException($"{node.Task} waits for its job but is not open.");
        ending.End(slot, how, now, draft);
    }
}
