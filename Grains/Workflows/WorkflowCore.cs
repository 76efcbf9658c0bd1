using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// The running workflows of a partition. Learns of each end of a task, and puts a workflow's final state into the draft
/// of the commit in which its last node ends. Cancels the nodes of workflows, some in each round. Pure: no clock, no
/// I/O. Times are Unix milliseconds.
/// </summary>
internal sealed class WorkflowCore
{
    private readonly SortedList<long, LiveWorkflow> byNo = [];
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
        byNo.Add(workflow.Row.No, workflow);
        byId.Add(workflow.Row.Id, workflow);
        Follow(workflow);
    }

    /// <summary>
    /// A task has ended. If it was the last open node of a workflow, the workflow has ended, too, and is returned.
    /// </summary>
    public LiveWorkflow? Ended(long no, TaskState state, EndReason reason, long now, CommitDraft draft)
    {
        if (byNo.Count == 0 || Of(no) is not { } workflow)
            return null;
        workflow.Ended((int)(no - workflow.Row.No - 1), state, reason);
        if (workflow.State == WorkflowState.Running)
        {
            Follow(workflow);
            return null;
        }

        byNo.Remove(workflow.Row.No);
        byId.Remove(workflow.Row.Id);
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
    /// <param name="most">How many nodes to look at.</param>
    /// <param name="cancel">Cancels a task, which may end with that, and its workflow with it.</param>
    public void Tick(int most, Action<TaskId> cancel)
    {
        while (most > 0 && cancelling.TryPeek(out var workflow))
        {
            if (byNo.GetValueOrDefault(workflow.Row.No) == workflow && workflow.TryTakeToCancel(ref most, out var task))
                cancel(task);
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

    // The nodes of a workflow follow it: the last workflow before a task is the only one that the task can be of.
    private LiveWorkflow? Of(long no)
    {
        var (low, high) = (0, byNo.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = byNo.GetKeyAtIndex(middle) < no ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && byNo.GetValueAtIndex(low - 1) is var found && found.Row.Has(no) ? found : null;
    }
}
