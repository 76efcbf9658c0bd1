using OrleansTasks.Simulation.World;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

internal sealed partial class Referee
{
    private readonly Dictionary<(int Queue, string Key), List<KnownTask>> uniques = [];

    // The debounced tasks that were replaced in this commit before they had started.
    private readonly List<KnownTask> replaced = [];

    /// <summary>A submission was refused or joined for the sake of a task, which must have had its key.</summary>
    public void CheckHolder(TaskId? holder, TaskUnique? unique) => Violation.Unless(
        holder is { } id && Tasks.TryGetValue(id, out var task) && unique is not null && task.Submission.Unique?.Key == unique.Key,
        $"{holder} is said to hold the key {unique?.Key}.");

    private void KnowUnique(KnownTask task)
    {
        if (task.Submission.Unique is not { } unique)
            return;
        if (!uniques.TryGetValue((task.QueueNo, unique.Key), out var tasks))
            uniques.Add((task.QueueNo, unique.Key), tasks = []);
        tasks.Add(task);
    }

    /// <summary>Whether another task with the same unique key replaces others.</summary>
    public bool MayBeReplaced(TaskId id) => Tasks[id] is { Submission.Unique: { } unique, QueueNo: var queue }
        && uniques[(queue, unique.Key)].Exists(
            other => other.Submission.Unique!.Then == UniqueThen.Replace && other.Submission.Id != id);

    /// <summary>
    /// Of the tasks that hold one unique key while they are open, at most one is to go on, and at most one is at a
    /// node.
    /// </summary>
    private void CheckUnique(QueueCommit commit)
    {
        foreach (var task in uniques.Where(one => one.Key.Queue == commit.QueueNo).SelectMany(static one => one.Value))
        {
            if (!task.IsFinal)
                task.EarliestCommit = Math.Min(task.EarliestCommit, commit.At);
        }

        foreach (var write in commit.Writes)
        {
            var task = Tasks[write.Row.Id];
            Violation.Unless(write.Row.Reason != EndReason.Replaced || MayBeReplaced(write.Row.Id), $"{write.Row.Id} was replaced by no task.");
            if (task.Submission.Unique is not { While: UniqueWhile.Open } unique)
                continue;
            var open = uniques[(commit.QueueNo, unique.Key)].Where(static one => !one.IsFinal).ToList();
            Violation.Unless(
                open.Count(static one => one.Row.CancelRequestedAt == 0) <= 1 && open.Count(static one => one.Row.State.IsLeased()) <= 1,
                $"{string.Join(", ", open.Select(static one => $"{one.Row.Id} ({one.Row.State})"))} have the unique key {unique.Key}.");
            if (write.Row.Reason == EndReason.Replaced && write.Row.State.IsFinal())
                coverage.Fire(write.Row.Attempt > 0 ? "task replaced after its start" : "task replaced");
        }
    }

    /// <summary>
    /// A debounced task starts when its pause is over, by the clock of the round that commits: the time of a new one
    /// follows from its own pause and the first arrival, and a later arrival moves it on, but not beyond its maximum. It
    /// moves back only if it was further away than the pause, because the clock was set back.
    /// </summary>
    private void CheckDebounce(KnownTask task, bool isNew, in TaskRow was, in TaskRow row, long at)
    {
        if (task.Submission.Unique is not { Debounce: > 0 } unique)
            return;
        if (isNew)
        {
            var before = replaced.Where(one => one.QueueNo == task.QueueNo && one.Submission.Unique!.Key == unique.Key).ToList();
            var first = before.Select(static one => one.Submission.Unique!.Since).Append(at).Min();
            // A task that joins after the clock was set back makes the maximum count from then on.
            if (unique.Since < first && unique.Since >= before.Select(static one => one.EarliestCommit).Append(first).Min())
                first = unique.Since;
            var start = Math.Max(at, Math.Min(at + unique.Debounce, first + unique.DebounceMax));
            Violation.Unless(
                (unique.Since, task.Submission.RunAt) == (first, start),
                $"{row.Id} arrived at {at}, first {unique.Since} instead of {first}, and starts at {task.Submission.RunAt} instead of {start}.");
            coverage.Fire(first < at ? "debounced task after another" : "debounced task");
        }
        else if (was is { State: TaskState.Scheduled, Attempt: 0 } && row.State == TaskState.Scheduled && was.DueAt != row.DueAt)
        {
            var latest = Math.Max(at, Math.Min(at + UniqueDraws.LongestDebounce, unique.Since + UniqueDraws.LongestMax));
            Violation.Unless(
                row.DueAt <= Math.Max(was.DueAt, latest) && (row.DueAt > was.DueAt || was.DueAt > at + unique.Debounce),
                $"{row.Id} was to start at {was.DueAt}, and at {at} this became {row.DueAt}.");
            coverage.Fire(row.DueAt > was.DueAt ? "debounced task moved on" : "debounced task after a clock was set back");
        }
        else if (was is { State: TaskState.Scheduled, Attempt: 0 } && !row.State.IsFinal() && row.State != TaskState.Scheduled)
        {
            Violation.Unless(
                was.DueAt <= at || was.DueAt == long.MaxValue, $"{row.Id} was to start at {was.DueAt}, and is {row.State} at {at}.");
            coverage.Fire("debounced task came due");
        }

        if (row is { Reason: EndReason.Replaced, Attempt: 0 } && row.State.IsFinal() && row.Order == row.No)
            replaced.Add(task);
    }
}
