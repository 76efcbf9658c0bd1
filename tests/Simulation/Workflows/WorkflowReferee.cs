using OrleansTasks.Events;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Simulation.Workflows;

/// <summary>
/// Checks workflows from the commits alone: after each one, the state of a workflow is what the states of its nodes
/// make of it; it becomes final, and is told of, once in each run; and nodes leave final states only when the run
/// rises.
/// </summary>
/// <param name="tasks">The tasks as they are after the commit.</param>
/// <param name="coverage">What happened.</param>
internal sealed class WorkflowReferee(IReadOnlyDictionary<TaskId, KnownTask> tasks, Coverage coverage)
{
    private readonly Dictionary<(int QueueNo, long No), Known> byNo = [];
    private readonly Dictionary<(int QueueNo, long No), Known> byNode = [];

    /// <summary>A commit is on the disk, and the tasks are as it has made them.</summary>
    public void Committed(QueueCommit commit)
    {
        var touched = new HashSet<Known>();
        var runs = byNo.Values.ToDictionary(static known => known, static known => known.Row.Run);
        foreach (var row in commit.Workflows?.Rows ?? [])
            touched.Add(Take(commit, row));
        foreach (var write in commit.Writes)
        {
            if (!byNode.TryGetValue((commit.QueueNo, write.Row.No), out var known))
                continue;
            known.Nodes[(int)(write.Row.No - known.Row.No - 1)] = write.Row.Id;
            touched.Add(known);
            var isReopened = known.Ended.Remove(write.Row.Id)
                && (!write.Row.State.IsFinal() || HasMoved(commit, write.Row.Id));
            Violation.Unless(
                !isReopened || known.Row.Run > runs.GetValueOrDefault(known),
                $"{write.Row.Id} left its final state, and its workflow {known.Row.Id} was not retried.");
            if (write.Row.State.IsFinal())
                known.Ended.Add(write.Row.Id);
        }

        foreach (var known in touched)
            Check(known);
    }

    /// <summary>Retention has removed tasks: their workflows had ended.</summary>
    public void Pruned(ImmutableArray<TaskId> removed)
    {
        foreach (var known in byNo.Values.Where(static known => known.Row.State == WorkflowState.Running))
            Violation.Unless(
                !known.Nodes.Any(removed.Contains), $"Retention removed a node of {known.Row.Id}, which runs.");
        foreach (var item in removed.Select(id => tasks[id]).Where(static task => task.Submission.Item is not null))
        {
            Violation.Unless(
                byNode[(item.QueueNo, tasks[item.Submission.Item!.Value.Node].Row.No)].Row.State != WorkflowState.Running,
                $"Retention removed the item {item.Submission.Id} of a workflow that runs.");
        }

        if (byNode.Count > 0 && byNo.Values.Any(known => known.Nodes.Any(removed.Contains)))
            coverage.Fire("workflow removed");
    }

    private static bool HasMoved(QueueCommit commit, TaskId id) => commit.Events.Any(entry => entry.Task == id);

    private Known Take(QueueCommit commit, WorkflowRow row)
    {
        var events = commit.Resources
            .Where(one => one.Kind == ResourceKind.Workflow && one.Id == row.Id.ToString())
            .Select(static one => one.State).ToList();
        if (commit.Workflows!.Outlines.TryGetValue(row.No, out var outline))
        {
            var made = new Known(row, WorkflowOutline.Read(outline));
            byNo.Add((commit.QueueNo, row.No), made);
            for (var node = 1; node <= row.Count; node++)
                byNode.Add((commit.QueueNo, row.No + node), made);
            Violation.Unless(events is [ResourceState.Running, ..],
                $"The new workflow {row.Id} was told of as {string.Join(", ", events)}.");
            coverage.Fire("workflow made");
            return made;
        }

        var known = byNo[(commit.QueueNo, row.No)];
        Violation.Unless(
            row.Run == known.Row.Run || (row.Run == known.Row.Run + 1 && events.Contains(ResourceState.Running)),
            $"The run of {row.Id} went from {known.Row.Run} to {row.Run}, told as {string.Join(", ", events)}.");
        // A run may also end and be retried in one commit, and its end is told of all the same.
        var isRetried = row.Run > known.Row.Run;
        var isEnded = row.State != WorkflowState.Running && (known.Row.State == WorkflowState.Running || isRetried);
        var ends = events.Count(static state => state != ResourceState.Running) - (isEnded ? 1 : 0);
        Violation.Unless(
            ends == 0 || (ends == 1 && isRetried && known.Row.State == WorkflowState.Running),
            $"{row.Id} went from {known.Row.State} to {row.State}, told as {string.Join(", ", events)}.");
        if (isEnded)
            coverage.Fire("workflow " + row.State.Name());
        if (isRetried)
            coverage.Fire("workflow retried");
        known.Row = row;
        return known;
    }

    private void Check(Known known)
    {
        var (isOpen, hasFailed) = (false, false);
        for (var node = 0; node < known.Row.Count; node++)
        {
            var row = tasks[known.Nodes[node]].Row;
            isOpen |= !row.State.IsFinal();
            hasFailed |= !known.Outline.Nodes[node].MayFail && row.State.IsFinal() && row.State != TaskState.Succeeded
                && row.Reason != EndReason.Skipped;
        }

        var state = isOpen ? WorkflowState.Running
            : known.Row.CancelRequestedAt != 0 ? WorkflowState.Cancelled
            : hasFailed ? WorkflowState.Failed
            : WorkflowState.Succeeded;
        Violation.Unless(
            state == known.Row.State, $"The nodes of {known.Row.Id} make it {state}, and it is {known.Row.State}.");
    }

    private sealed class Known(WorkflowRow row, WorkflowOutline outline)
    {
        public WorkflowRow Row { get; set; } = row;

        public WorkflowOutline Outline => outline;

        public TaskId[] Nodes { get; } = new TaskId[row.Count];

        public HashSet<TaskId> Ended { get; } = [];
    }
}
