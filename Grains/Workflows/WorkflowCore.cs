using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// The running workflows of a queue. Follows each end of a task, and puts a workflow's final state into the draft of
/// the commit in which its last node ends. Cancels the nodes of workflows, a limited number per round. Does no I/O and
/// reads no clock. Times are Unix milliseconds.
/// </summary>
internal sealed class WorkflowCore(ItemNodes items, NodeJobs jobs, TaskCancels cancels)
{
    private readonly NumberRanges<LiveWorkflow> byNo = new();
    private readonly Dictionary<TaskId, LiveWorkflow> byId = [];

    // Workflows with nodes to cancel, each at most once; some may have ended.
    private readonly Queue<LiveWorkflow> cancelling = new();
    private readonly HashSet<LiveWorkflow> isListed = [];

    /// <summary>Whether <see cref="Tick"/> has work.</summary>
    public bool HasWork => cancelling.Count > 0;

    /// <summary>Returns a running workflow; null if none has this id.</summary>
    public LiveWorkflow? Find(TaskId id) => byId.GetValueOrDefault(id);

    /// <summary>Adds a running workflow: new, stored or retried.</summary>
    public void Load(LiveWorkflow workflow)
    {
        byNo.Add(workflow.Row.No + 1, workflow.Row.Count, workflow);
        byId.Add(workflow.Row.Id, workflow);
        items.Add(workflow);
        jobs.Add(workflow);
        Follow(workflow);
    }

    /// <summary>
    /// Handles the end of a task, whether it belongs to a node, an item or neither. If it was the last open node of a
    /// workflow, the workflow has ended as well and is returned.
    /// </summary>
    public LiveWorkflow? Ended(long no, TaskState state, EndReason reason, long now, CommitDraft draft)
    {
        if (byId.Count == 0)
            return null;
        if (items.Ended(no, state, reason) is { } owner)
        {
            ItemEnded(byId[owner.Workflow], owner.Node, state);
            return null;
        }

        if (byNo.Find(no, out var node) is not { } workflow)
            return null;
        workflow.Ended(node, state, reason);
        if (workflow.JobOf(node) is { } job)
            jobs.TaskEnded(job);
        if (workflow.State == WorkflowState.Running)
        {
            Follow(workflow);
            return null;
        }

        byNo.Remove(workflow.Row.No + 1);
        byId.Remove(workflow.Row.Id);
        items.Remove(workflow);
        jobs.Remove(workflow);
        workflow.Row = workflow.Row with { State = workflow.State, EndedAt = now };
        draft.Workflows.Put(workflow.Row);
        draft.Workflows.Tell(workflow.Row.Id, workflow.Row.State);
        return workflow;
    }

    /// <summary>
    /// Cancels a running workflow for a caller; the second time also the nodes that clean up. Returns false and changes
    /// nothing if both were requested before.
    /// </summary>
    public bool Cancel(LiveWorkflow workflow, long now, CommitDraft draft)
    {
        var row = workflow.Row;
        workflow.Row = row.CancelRequestedAt == 0
            ? row with { CancelRequestedAt = now }
            : row with { CancelsAll = true };
        if (workflow.Row == row)
            return false;
        draft.Workflows.Put(workflow.Row);
        workflow.BeginCancel();
        Follow(workflow);
        return true;
    }

    /// <summary>Cancels nodes, and examines at most <paramref name="most"/>.</summary>
    public void Tick(int most, long now, CommitDraft draft)
    {
        while (most > 0 && cancelling.TryPeek(out var workflow))
        {
            if (byId.GetValueOrDefault(workflow.Row.Id) == workflow && workflow.TryTakeToCancel(ref most, out var task))
                cancels.Cancel(task, now, draft);
            // With no looks left, the workflow may have further nodes, so it stays in the queue.
            else if (most > 0)
            {
                cancelling.Dequeue();
                isListed.Remove(workflow);
            }
        }
    }

    private void Follow(LiveWorkflow workflow)
    {
        if (workflow.IsCancelling && isListed.Add(workflow))
            cancelling.Enqueue(workflow);
    }

    private void ItemEnded(LiveWorkflow workflow, int node, TaskState state)
    {
        if (state == TaskState.Succeeded)
            return;
        workflow.ItemFailed(node);
        Follow(workflow);
    }
}
