using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// The running workflows of a queue. Learns of each end of a task, and puts a workflow's final state into the draft
/// of the commit in which its last node ends. Cancels the nodes of workflows, some in each round. Pure: no clock, no
/// I/O. Times are Unix milliseconds.
/// </summary>
/// <param name="items">The items of nodes with <c>forEach</c>.</param>
/// <param name="jobs">The jobs of nodes.</param>
/// <param name="cancels">Cancels nodes.</param>
internal sealed class WorkflowCore(ItemNodes items, NodeJobs jobs, TaskCancels cancels)
{
    private readonly NumberRanges<LiveWorkflow> byNo = new();
    private readonly Dictionary<TaskId, LiveWorkflow> byId = [];

    // Workflows with nodes to cancel, each at most once; some have ended.
    private readonly Queue<LiveWorkflow> cancelling = new();
    private readonly HashSet<LiveWorkflow> isListed = [];

    /// <summary>Whether <see cref="Tick"/> has work.</summary>
    public bool HasWork => cancelling.Count > 0;

    /// <summary>Returns a running workflow; null when there is none with this id.</summary>
    public LiveWorkflow? Find(TaskId id) => byId.GetValueOrDefault(id);

    /// <summary>Takes in a workflow that runs: one that is new, stored, or retried.</summary>
    public void Load(LiveWorkflow workflow)
    {
        byNo.Add(workflow.Row.No + 1, workflow.Row.Count, workflow);
        byId.Add(workflow.Row.Id, workflow);
        items.Add(workflow);
        jobs.Add(workflow);
        Follow(workflow);
    }

    /// <summary>
    /// A task has ended: that of a node, of an item, or another one. If it was the last open node of a workflow, the
    /// workflow has ended, too, and is returned.
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
    /// Somebody cancels a running workflow: the second time also the nodes that clean up. Returns false, and changes
    /// nothing, when both were asked for before.
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

    /// <summary>Cancels nodes, and looks at no more than <paramref name="most"/>.</summary>
    public void Tick(int most, long now, CommitDraft draft)
    {
        while (most > 0 && cancelling.TryPeek(out var workflow))
        {
            if (byId.GetValueOrDefault(workflow.Row.Id) == workflow && workflow.TryTakeToCancel(ref most, out var task))
                cancels.Cancel(task, now, draft);
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
