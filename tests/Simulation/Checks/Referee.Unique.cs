using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

internal sealed partial class Referee
{
    private readonly Dictionary<(int Queue, string Key), List<KnownTask>> uniques = [];

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

    /// <summary>Whether a later task with the same unique key replaces others.</summary>
    private bool IsReplaced(KnownTask task) => task.Submission.Unique is { } unique
        && uniques[(task.QueueNo, unique.Key)].Exists(
            other => other.Submission.Unique!.Then == UniqueThen.Replace && other.Submission.Id != task.Submission.Id);

    /// <summary>
    /// Of the tasks that hold one unique key while they are open, at most one is to go on, and at most one is at a node.
    /// </summary>
    private void CheckUnique(QueueCommit commit)
    {
        foreach (var write in commit.Writes)
        {
            var task = Tasks[write.Row.Id];
            if (task.Submission.Unique is not { While: UniqueWhile.Open } unique)
                continue;
            var open = uniques[(commit.QueueNo, unique.Key)].Where(static one => !one.IsFinal).ToList();
            Violation.Unless(
                open.Count(static one => one.Row.CancelRequestedAt == 0) <= 1 && open.Count(static one => one.Row.State.IsLeased()) <= 1,
                $"{string.Join(", ", open.Select(static one => $"{one.Row.Id} ({one.Row.State})"))} have the unique key {unique.Key}.");
            if (write.Row.Reason == EndReason.Replaced)
                coverage.Fire("task replaced");
        }
    }
}
