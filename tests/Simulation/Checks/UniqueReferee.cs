using OrleansTasks.Simulation.World;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Checks unique keys against the commits: at most one open task holds a key, a task is replaced only by another task
/// with its key, and debounced tasks start at the right time.
/// </summary>
internal sealed class UniqueReferee(Coverage coverage)
{
    private readonly Dictionary<(int Queue, string Key), List<KnownTask>> byKey = [];
    private readonly Dictionary<TaskId, KnownTask> byId = [];

    // The earliest commit of the queue after the one that accepted the task, by the clock of the queue's owner.
    private readonly Dictionary<KnownTask, long> earliestCommits = [];

    // The debounced tasks that the present commit replaces before their first attempt.
    private readonly List<KnownTask> replaced = [];

    /// <summary>Checks that the task named as the holder of a key has that key.</summary>
    public void CheckHolder(TaskId? holder, TaskUnique? unique) => Violation.Unless(
        holder is { } id && unique is not null && KeyOf(id) == unique.Key,
        $"{holder} is said to hold the key {unique?.Key}.");

    /// <summary>Whether another task with the same unique key replaces others.</summary>
    public bool MayBeReplaced(TaskId id) => byId.TryGetValue(id, out var task) && SameKey(task).Exists(
        other => other.Submission.Unique!.Then == UniqueThen.Replace && other.Submission.Id != id);

    /// <summary>Notes a new task.</summary>
    public void Accepted(KnownTask task)
    {
        if (task.Submission.Unique is not { } unique)
            return;
        byId[task.Submission.Id] = task;
        var key = (task.QueueNo, unique.Key);
        if (!byKey.TryGetValue(key, out var tasks))
            byKey.Add(key, tasks = []);
        tasks.Add(task);
    }

    /// <summary>Checks one task's write, by the clock of the round that commits it.</summary>
    public void Written(KnownTask task, bool isNew, in TaskRow was, in TaskRow row, long at)
    {
        if (task.Submission.Unique is not { Debounce: > 0 } unique)
            return;
        if (isNew)
            CheckStart(task, unique, at);
        else if (was is { State: TaskState.Scheduled, Attempt: 0 })
            CheckWait(unique, was, row, at);
        if (row is { Reason: EndReason.Replaced, Attempt: 0 } && row.State.IsFinal() && row.Order == row.No)
            replaced.Add(task);
    }

    /// <summary>Checks the holders of keys after all writes of a commit.</summary>
    public void Committed(QueueCommit commit)
    {
        replaced.Clear();
        foreach (var task in byId.Values.Where(one => one.QueueNo == commit.QueueNo && !one.IsFinal))
            earliestCommits[task] = Math.Min(EarliestCommitOf(task), commit.At);
        foreach (var write in commit.Writes)
        {
            var row = write.Row;
            Violation.Unless(
                row.Reason != EndReason.Replaced || MayBeReplaced(row.Id), $"{row.Id} was replaced by no task.");
            if (byId.TryGetValue(row.Id, out var task) && task.Submission.Unique!.While == UniqueWhile.Open)
                CheckHolders(task, row);
        }
    }

    // At most one of the open tasks is to go on, and at most one is at a node.
    private void CheckHolders(KnownTask task, in TaskRow row)
    {
        var open = SameKey(task).Where(static one => !one.IsFinal).ToList();
        Violation.Unless(
            open.Count(static one => one.Row.CancelRequestedAt == 0) <= 1
                && open.Count(static one => one.Row.State.IsLeased()) <= 1,
            $"{string.Join(", ", open.Select(static one => $"{one.Row.Id} ({one.Row.State})"))} "
                + $"have the unique key {task.Submission.Unique!.Key}.");
        if (row.Reason == EndReason.Replaced && row.State.IsFinal())
            coverage.Fire(row.Attempt > 0 ? "task replaced after its start" : "task replaced");
    }

    // The time of a new task follows from its own pause and from the first arrival of the tasks that it replaces.
    private void CheckStart(KnownTask task, TaskUnique unique, long at)
    {
        var before = replaced.Where(one => one.QueueNo == task.QueueNo && one.Submission.Unique!.Key == unique.Key).ToList();
        var first = before.Select(static one => one.Submission.Unique!.Since).Append(at).Min();
        // If the clock was set back, a task that joined has made the maximum count from its own arrival.
        if (unique.Since < first && unique.Since >= before.Select(EarliestCommitOf).Append(first).Min())
            first = unique.Since;
        var (start, runAt) = (Math.Max(at, Math.Min(at + unique.Debounce, first + unique.DebounceMax)), task.Submission.RunAt);
        Violation.Unless(
            (unique.Since, runAt) == (first, start),
            $"{task.Submission.Id} arrived at {at}, first {unique.Since} instead of {first}, "
                + $"and starts at {runAt} instead of {start}.");
        coverage.Fire(first < at ? "debounced task after another" : "debounced task");
    }

    // A later arrival moves the time on, but not beyond the maximum. The time moves back only if it was further away
    // than the pause, because the clock was set back. The task does not start before its time.
    private void CheckWait(TaskUnique unique, in TaskRow was, in TaskRow row, long at)
    {
        if (row.State == TaskState.Scheduled && was.DueAt != row.DueAt)
        {
            var latest = Math.Max(
                at, Math.Min(at + UniqueDraws.LongestDebounce, unique.Since + UniqueDraws.LongestMax));
            Violation.Unless(
                row.DueAt <= Math.Max(was.DueAt, latest) && (row.DueAt > was.DueAt || was.DueAt > at + unique.Debounce),
                $"{row.Id} was to start at {was.DueAt}, and at {at} this became {row.DueAt}.");
            coverage.Fire(row.DueAt > was.DueAt
                ? "debounced task moved on" : "debounced task after a clock was set back");
        }
        else if (row.State != TaskState.Scheduled && !row.State.IsFinal())
        {
            Violation.Unless(
                was.DueAt <= at || was.DueAt == long.MaxValue,
                $"{row.Id} was to start at {was.DueAt}, and is {row.State} at {at}.");
            coverage.Fire("debounced task came due");
        }
    }

    private string? KeyOf(TaskId id) => byId.TryGetValue(id, out var task) ? task.Submission.Unique!.Key : null;

    private List<KnownTask> SameKey(KnownTask task) => byKey[(task.QueueNo, task.Submission.Unique!.Key)];

    private long EarliestCommitOf(KnownTask task) => earliestCommits.GetValueOrDefault(task, long.MaxValue);
}
