using OrleansTasks.Dispatch.Lifecycle;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Checks tasks that wait for others, from the commits alone: a child is queued only when each of its parents has ended as it has
/// to, it is skipped if and only if one has ended otherwise, and whichever holds is done within a bounded number of commits.
/// </summary>
/// <param name="tasks">The tasks as they are after the commit.</param>
/// <param name="coverage">What happened.</param>
/// <param name="most">How many tasks a round releases or skips.</param>
/// <param name="page">How many tasks a new owner reads at a time.</param>
internal sealed class DependencyReferee(IReadOnlyDictionary<TaskId, KnownTask> tasks, Coverage coverage, int most, int page)
{
    // Commits in which a decided child may be left over besides those that the bound of a round explains.
    private const int Slack = 4;

    // A new owner reads by pages, between rounds: for so many commits, and two for each page, it may not have read all.
    private const int Reading = 60;
    private readonly Dictionary<int, HeldTasks> queues = [];

    /// <summary>A commit is on the disk, and the tasks are as it has made them.</summary>
    public void Committed(QueueCommit commit)
    {
        if (!queues.TryGetValue(commit.QueueNo, out var held))
            queues.Add(commit.QueueNo, held = new HeldTasks());
        if (held.Epoch != commit.Epoch)
        {
            (held.Epoch, held.Commits) = (commit.Epoch, 0);
            if (held.Left.Count > 0)
                coverage.Fire("held task met a new owner");
            foreach (var id in held.Left.Keys)
                held.Left[id] = default;
        }

        held.Commits++;
        var moved = commit.Events.Select(static entry => entry.Task).ToHashSet();
        foreach (var write in commit.Writes)
            Check(held, write, moved);
        CheckLeft(held);
    }

    /// <summary>How a task's parents stand; those that retention has removed hold nothing up.</summary>
    private DependencyVerdict VerdictOf(KnownTask task)
    {
        var verdict = DependencyVerdict.Free;
        foreach (var one in task.Submission.After!.Value)
        {
            if (!tasks.TryGetValue(one.Task, out var parent) || parent.IsPruned)
                continue;
            if (parent.IsFinal && IsMissed(parent, one.On))
                return DependencyVerdict.Unsatisfiable;
            if (!parent.IsFinal)
                verdict = DependencyVerdict.Waiting;
        }

        return verdict;
    }

    /// <summary>Whether a task that retention has removed since it was looked at had ended in another way than it had to.</summary>
    private bool WasMissed(TaskDependency one) =>
        tasks.TryGetValue(one.Task, out var parent) && parent.IsPruned && IsMissed(parent, one.On);

    /// <summary>Whether a task that has ended has ended in another way than was waited for.</summary>
    private static bool IsMissed(KnownTask parent, EndCondition condition) => condition switch
    {
        EndCondition.Ended => false,
        EndCondition.Failed => parent.Row.State != TaskState.Failed,
        _ => parent.Row.State != TaskState.Succeeded,
    };

    private void Check(HeldTasks held, TaskWrite write, HashSet<TaskId> moved)
    {
        var row = write.Row;
        var task = tasks[row.Id];
        if (row.Reason == EndReason.Skipped && row.State == TaskState.Cancelled)
        {
            Violation.Unless(
                task.Submission.After is not null && (row.Attempt == 0 || task.Submission.WorkflowNode is not null),
                $"{row} was skipped, and waited for nothing.");
            Violation.Unless(
                (!held.Left.ContainsKey(row.Id) && write.New is null) || VerdictOf(task) == DependencyVerdict.Unsatisfiable
                    || task.Submission.After!.Value.Any(WasMissed),
                $"{row.Id} was skipped, and what it waits for is {Standing(task)}.");
            coverage.Fire("skipped");
        }

        if (task.Submission.After is not { } after)
            return;
        // A node that waits again has no time, whatever attempts it had before its workflow was retried.
        var isHeld = row.State == TaskState.Scheduled && (row.Attempt == 0 || row.DueAt == long.MaxValue);
        if (isHeld)
        {
            // It stays scheduled while its items or its job run: ItemReferee and NodeJobReferee look at it.
            if (task.Submission.IsForEach || task.Submission.IsJob)
                return;
            held.Left.TryAdd(row.Id, default);
            return;
        }

        var isNew = write.New is not null;
        if ((!held.Left.Remove(row.Id) && !isNew) || row.State.IsFinal())
            return;
        // A parent that has ended and is retried in the very round of the submission was met at that moment.
        Violation.Unless(
            VerdictOf(task) == DependencyVerdict.Free || (isNew && after.Any(one => moved.Contains(one.Task))),
            $"{row.Id} is {row.State}, and what it waits for is {Standing(task)}.");
        coverage.Fire("released");
    }

    private void CheckLeft(HeldTasks held)
    {
        if (held.Commits <= Reading + (2 * tasks.Count / page))
            return;
        var verdicts = held.Left.Keys.ToDictionary(static id => id, id => VerdictOf(tasks[id]));
        // Rounds take them in the order in which they were decided, so those that are decided later do not come before.
        var allowed = Slack + (verdicts.Values.Count(static verdict => verdict != DependencyVerdict.Waiting) / most);
        foreach (var (id, verdict) in verdicts)
        {
            var isDue = verdict == DependencyVerdict.Unsatisfiable
                || (verdict == DependencyVerdict.Free && tasks[id].Submission.RunAt == 0);
            var (commits, bound) = held.Left[id];
            held.Left[id] = isDue ? (commits + 1, commits == 0 ? allowed : bound) : default;
            Violation.Unless(
                !isDue || held.Left[id].Commits <= held.Left[id].Bound,
                $"{id} is held over {commits + 1} commits, and what it waits for is {Standing(tasks[id])}.");
        }
    }

    private string Standing(KnownTask task) =>
        string.Join(", ", task.Submission.After!.Value.Select(one => $"{one.Task} {one.On}: {StateOf(one.Task)}"));

    private string StateOf(TaskId id) =>
        !tasks.TryGetValue(id, out var task) ? "unknown" : task.IsPruned ? "removed" : task.Row.State.Name();

    /// <summary>What waits in one queue.</summary>
    private sealed class HeldTasks
    {
        public long Epoch { get; set; }

        /// <summary>How many commits the owner has made.</summary>
        public int Commits { get; set; }

        /// <summary>
        /// The tasks that wait, with the number of commits that have left them although they were decided, and how many may.
        /// </summary>
        public Dictionary<TaskId, (int Commits, int Bound)> Left { get; } = [];
    }
}
