using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// The workflows of a queue: handles users' requests (submit, cancel, retry), follows the ends of nodes, and cancels
/// nodes. Times are Unix milliseconds.
/// </summary>
internal sealed class QueueWorkflows(
    WorkflowCore core, NodeJobs jobs, OpenTasks tasks, Admission admission, DispatchModules modules, RoundBounds bounds)
    : IDispatchModule, IEndListener
{
    /// <inheritdoc/>
    public long Next => MayCancel && core.HasWork ? 0 : long.MaxValue;

    // False while recovery reads waiting tasks: a node that is not read yet would not be found.
    private bool MayCancel => tasks.Ready.IsComplete;

    /// <summary>
    /// Accepts a request with a workflow: the workflow and all of its tasks, or nothing if they are stored or open. The
    /// parameters are those of <see cref="DispatchCore.Accept"/>.
    /// </summary>
    public void Accept(SubmitRequest request, Func<TaskId, bool>? isStored, long now, CommitDraft draft)
    {
        // Either all of its tasks are new, or none is.
        if (admission.IsNew(request.Tasks[0], isStored))
            Submit(request, now, draft);
    }

    /// <summary>Accepts the workflow of a request with its tasks, all of which are new.</summary>
    public void Submit(SubmitRequest request, long now, CommitDraft draft)
    {
        // The workflow's number precedes those of its tasks.
        var no = tasks.NextNo();
        admission.Accept(request, null, now, draft, null);
        var outline = WorkflowOutline.Read(request.Workflow!.Outline);
        var row = new WorkflowRow(no, request.Workflow.Id, request.Tasks.Length, outline.Name, outline.Labels);
        core.Load(new LiveWorkflow(
            row, outline, request.Tasks.Select(static task => (task.Id, TaskState.Queued, EndReason.None))));
        draft.Workflows.Add(row, request.Workflow.Outline);
        draft.Workflows.Tell(row.Id, WorkflowState.Running);
    }

    /// <inheritdoc/>
    public void Tick(long now, CommitDraft draft)
    {
        if (MayCancel)
            core.Tick(bounds.Releases, now, draft);
    }

    /// <summary>Follows the ends of nodes and items, and publishes the end of a workflow with its last node.</summary>
    public void Ended(in WorkEnd end, long now, CommitDraft draft)
    {
        if (end.TaskNo != 0 && core.Ended(end.TaskNo, end.State, end.Reason, now, draft) is { } workflow)
            modules.Publish(new WorkEnd(workflow.Row.Id, workflow.State.ToTaskState()), now, draft);
    }

    /// <summary>
    /// Loads a stored, running workflow when the queue is loaded. Throws <see cref="FormatException"/>.
    /// </summary>
    public void Load(
        StoredWorkflow stored, ImmutableArray<WorkflowNodeRow> nodes, ImmutableArray<LoadedItems> items,
        ImmutableArray<StoredNodeJob> jobs) =>
        core.Load(new LiveWorkflow(
            stored.Row, WorkflowOutline.Read(stored.Outline),
            nodes.Select(static node => (node.Task, node.State, node.Reason)), items, jobs));

    /// <summary>Returns whether a workflow runs.</summary>
    public bool IsOpen(TaskId id) => core.Find(id) is not null;

    /// <summary>Cancels a workflow; <c>Finished</c> if it does not run. Stores the origin of a change.</summary>
    public WorkflowReply Cancel(TaskId id, Origin? origin, long now, CommitDraft draft)
    {
        if (core.Find(id) is not { } workflow)
            return new WorkflowReply(WorkflowOutcome.Finished);
        if (core.Cancel(workflow, now, draft))
            draft.Note(origin, now);
        return WorkflowReply.Done;
    }

    /// <summary>
    /// Reruns the nodes that did not succeed: all of them, or one node and those that wait for it. Nodes that end only
    /// in this round stay unchanged. <paramref name="only"/> is the task of the node or of one of its items; null for
    /// all.
    /// </summary>
    public WorkflowReply Retry(StoredNodes stored, TaskId? only, long now, CommitDraft draft)
    {
        var row = stored.Workflow.Row;
        var live = core.Find(row.Id);
        if (only is { } named && live?.Items.FirstOrDefault(node => node.Has(named)) is { } owner)
            only = owner.Task;
        if (only is not null && live is null)
            return new WorkflowReply(WorkflowOutcome.Finished);
        // A node that the cancel has yet to end would count as failed in the new run.
        if (live is { IsToCancel: true })
            return new WorkflowReply(WorkflowOutcome.NotRetryable);
        var outline = live?.Outline ?? WorkflowOutline.Read(stored.Workflow.Outline);
        var again = ToRetry(stored, outline, only, draft);
        if (again.Count == 0)
            return new WorkflowReply(WorkflowOutcome.NotRetryable);
        if (again.Any(node => stored.Unsuccessful[stored.Nodes[node].Task].HadSecrets))
            return new WorkflowReply(WorkflowOutcome.SecretsGone);
        if (admission.RefusalOf(again.Count, now) is { } wait)
            return new WorkflowReply(WorkflowOutcome.QueueFull) { RetryAfter = wait };

        admission.TakeIntoUse(draft);
        var states = StatesOf(stored, again, draft);
        foreach (var node in again)
            tasks.Readmit(stored.Unsuccessful[stored.Nodes[node].Task], now, draft, id => states[id].State);
        Reopen(live, row, outline, stored, states, again, draft);
        return WorkflowReply.Done;
    }

    private void Reopen(
        LiveWorkflow? live, WorkflowRow row, WorkflowOutline outline, StoredNodes stored,
        Dictionary<TaskId, (TaskState State, EndReason Reason)> states, IReadOnlyCollection<int> again,
        CommitDraft draft)
    {
        // A workflow that is not live may have ended in this round, so its latest row may be in the draft.
        var before = live?.Row ?? draft.Workflows.Find(row.No) ?? row;
        var after = before with
        {
            State = WorkflowState.Running, Run = before.Run + 1, EndedAt = 0, CancelRequestedAt = 0, CancelsAll = false,
        };
        if (live is null)
        {
            // LiveWorkflow counts what its items and jobs have done, so the nodes that run again are reset before it reads
            // them. Retry, below, writes the same reset of those that are live by now.
            core.Load(new LiveWorkflow(
                after, outline,
                stored.Nodes.Select(node => (node.Task, states[node.Task].State, states[node.Task].Reason)),
                [
                    .. (stored.Items.IsDefault ? [] : stored.Items)
                        .Select(one => again.Contains(one.Items.Node) ? one.Reset() : one),
                ],
                [.. (stored.Jobs.IsDefault ? [] : stored.Jobs).Select(one => again.Contains(one.Node) ? one.Reset() : one)]));
        }
        else
        {
            live.Row = after;
            foreach (var node in again)
                live.Reopened(node);
            live.EndCancel();
        }

        foreach (var node in core.Find(row.Id)!.Items.Where(node => again.Contains(node.Node)))
        {
            if (node.Retry() is { } items)
                draft.Workflows.Put(items);
        }

        foreach (var node in core.Find(row.Id)!.Jobs.Where(node => again.Contains(node.Node)))
        {
            if (node.Retry() is { } job)
                draft.Workflows.Put(job);
            jobs.Reopened(node);
        }

        draft.Workflows.Put(after);
        draft.Workflows.Tell(after.Id, WorkflowState.Running);
    }

    // Returns only nodes whose end is stored: those that end in this round have no stored form to queue again.
    private List<int> ToRetry(StoredNodes stored, WorkflowOutline outline, TaskId? only, CommitDraft draft)
    {
        var isWanted = only is { } task ? BelowOf(stored, outline, task) : null;
        var again = new List<int>();
        foreach (var node in stored.Nodes)
        {
            if ((isWanted is null || isWanted[node.Node]) && stored.Unsuccessful.TryGetValue(node.Task, out var found)
                && !tasks.TryFind(node.Task, out _) && draft.Find(found.Row.No) is null)
                again.Add(node.Node);
        }

        return only is null || again.Any(node => stored.Nodes[node].Task == only) ? again : [];
    }

    // Marks a node and all that wait for it, directly or not.
    private static bool[] BelowOf(StoredNodes stored, WorkflowOutline outline, TaskId task)
    {
        var isBelow = new bool[stored.Nodes.Length];
        var graph = new WorkflowGraph(
            [.. outline.Nodes.Select(static node => (IReadOnlyList<WorkflowEdge>)node.After)]);
        var next = new Queue<int>(stored.Nodes.Where(node => node.Task == task).Select(static node => node.Node));
        while (next.TryDequeue(out var node))
        {
            if (isBelow[node])
                continue;
            isBelow[node] = true;
            foreach (var edge in graph.WaitersOf(node))
                next.Enqueue(edge.Other);
        }

        return isBelow;
    }

    // Returns the state of each node after the retry; open nodes count as queued. The task of node n has the number behind
    // the workflow's own, plus n.
    private Dictionary<TaskId, (TaskState State, EndReason Reason)> StatesOf(
        StoredNodes stored, List<int> again, CommitDraft draft)
    {
        var states = stored.Nodes.ToDictionary(
            static node => node.Task,
            node => tasks.TryFind(node.Task, out _) ? (TaskState.Queued, EndReason.None)
                : draft.Find(stored.Workflow.Row.No + 1 + node.Node)?.Row is { } written
                    ? (written.State, written.Reason)
                : (node.State, node.Reason));
        foreach (var node in again)
            states[stored.Nodes[node].Task] = (TaskState.Queued, EndReason.None);
        return states;
    }
}
