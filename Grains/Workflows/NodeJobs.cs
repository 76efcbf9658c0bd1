using OrleansTasks.Schedules;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// The nodes with data jobs of a queue's running workflows: starts their jobs, has them cancelled, and ends the node's
/// own task in the commit that ends the job. Pure: the spec of a job is read by <see cref="NodeJobReading"/> between
/// rounds. Times are Unix milliseconds.
/// </summary>
internal sealed class NodeJobs(
    OpenTasks tasks, OpenJobs jobs, TaskEnding ending, OccurrenceIds ids, StoreSpace space, RoundBounds bounds, string queue)
    : IDispatchModule, IEndListener
{
    /// <summary>The most specs that are read at a time.</summary>
    public const int Page = 8;

    private readonly Dictionary<TaskId, LiveNodeJob> byTask = [];
    private readonly Dictionary<TaskId, LiveNodeJob> byJob = [];

    // Nodes that have begun, each at most once; some need nothing any more.
    private readonly Queue<LiveNodeJob> reading = new();
    private readonly Queue<LiveNodeJob> ready = new();

    // Nodes whose jobs are to be cancelled, until the jobs have ended.
    private readonly HashSet<LiveNodeJob> stopping = [];

    /// <inheritdoc/>
    public long Next => MayStart && ready.Count > 0 ? 0
        : stopping.Count == 0 ? long.MaxValue
        : stopping.Min(static node => node.CancelAt ?? long.MaxValue);

    // Not while recovery reads waiting tasks: a node's own task that is not read yet would not be found when the job ends.
    private bool MayWork => tasks.Ready.IsComplete;

    private bool MayStart => MayWork && space.MayGrow;

    /// <summary>The nodes whose specs are to be read next, up to <see cref="Page"/>.</summary>
    public ImmutableArray<LiveNodeJob> Wanted
    {
        get
        {
            while (reading.TryPeek(out var first) && !first.NeedsRead)
                reading.Dequeue();
            return MayWork ? [.. reading.Where(static node => node.NeedsRead).Distinct().Take(Page)] : [];
        }
    }

    /// <summary>Takes in the nodes of a workflow.</summary>
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

    /// <summary>Forgets the nodes of a workflow, which has ended.</summary>
    public void Remove(LiveWorkflow workflow)
    {
        foreach (var node in workflow.Jobs)
            byTask.Remove(node.Task);
    }

    /// <summary>Whether the own task of a node waits for nothing but its job.</summary>
    public bool IsBegun(TaskId task) => byTask.GetValueOrDefault(task) is { IsBegun: true };

    /// <summary>The node whose own task this is; null when there is none.</summary>
    public LiveNodeJob? OfNode(TaskId task) => byTask.GetValueOrDefault(task);

    /// <summary>
    /// The conditions of a node are met. The task of a node whose workflow cannot be read stays scheduled.
    /// </summary>
    public void Begin(int slot)
    {
        if (byTask.GetValueOrDefault(tasks[slot].Id) is not { } node)
            return;
        tasks.StopWaiting(slot);
        Begin(node);
    }

    /// <summary>A node without conditions is to run again.</summary>
    public void Reopened(LiveNodeJob node)
    {
        if (node.Workflow.Outline.Nodes[node.Node].After.IsEmpty)
            Begin(node);
    }

    /// <summary>The specs of nodes have been read, or cannot be read.</summary>
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
    /// Cancels the job of a node; null when the node's own task is cancelled like any other, because the job has not been
    /// started.
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
        // Cancels are due some seconds from now.
        foreach (var node in stopping)
            node.Cancelled(now);
    }

    /// <summary>The own task of a node has ended, whatever has ended it.</summary>
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
            // It may have been cancelled since it was read.
            if (!node.IsReady)
                continue;
            left--;
            bytes -= node.Spec?.Length ?? 0;
            if (!TryStart(node, ids.Next(now), draft))
                End(node, new TaskEnd(TaskTrigger.Fail, EndReason.JobFailed), now, draft);
        }
    }

    // The jobs to cancel now. A cancel may be lost, so each job is named again after some seconds, until it has ended.
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
            throw new InvalidOperationException($"{node.Task} waits for its job, and is not open.");
        ending.End(slot, how, now, draft);
    }
}
