using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Holds the records of who changed what against the commits that they come with, and against what callers are told: a
/// commit has a record if and only if it makes the change that was asked for.
/// </summary>
internal sealed class AuditReferee(Coverage coverage)
{
    private readonly Dictionary<TaskId, Asked> asked = [];

    /// <summary>Somebody asks for a change of a task; what is returned is to be attached to the call.</summary>
    /// <param name="action">What is asked.</param>
    /// <param name="task">The task.</param>
    /// <param name="most">
    /// How often it may take effect: a gateway asks again when it does not know what became of it.
    /// </param>
    public Origin Ask(string action, TaskId task, int most = 1)
    {
        var origin = new Origin(new TaskId(0, (ulong)asked.Count + 1), action, task.ToString());
        asked.Add(origin.Id, new Asked(task, most));
        return origin;
    }

    /// <summary>A commit landed.</summary>
    public void Committed(QueueCommit commit)
    {
        foreach (var record in commit.Audit)
        {
            var origin = record.Origin;
            var known = asked[origin.Id];
            Violation.Unless(
                record.Count == 1 && ++known.Stored <= known.Most,
                $"A {origin.Action} of {known.Task} is recorded {known.Stored} times.");
            var row = commit.Writes.FirstOrDefault(write => write.Row.Id == known.Task)?.Row;
            // A retry in the same round queues again what was cancelled.
            var isRetried = commit.Audit.Any(other =>
                other.Origin.Action == AuditActions.RetryTasks && asked[other.Origin.Id].Task == known.Task);
            Violation.Unless(
                row is { } changed && (origin.Action != AuditActions.CancelTasks || changed.CancelRequestedAt != 0
                    || changed.State == TaskState.Cancelled || isRetried),
                $"A {origin.Action} of {known.Task} is recorded by a commit that does not do it.");
            coverage.Fire("recorded " + origin.Action);
        }
    }

    /// <summary>The caller of a dispatcher is told what came of it.</summary>
    public void Answered(Origin origin, ControlOutcome outcome)
    {
        var known = asked[origin.Id];
        Violation.Unless(
            known.Stored == (outcome == ControlOutcome.Changed ? 1 : 0),
            $"A {origin.Action} of {known.Task} is answered by {outcome} and recorded {known.Stored} times.");
    }

    private sealed class Asked(TaskId task, int most)
    {
        public TaskId Task => task;

        public int Most => most;

        public int Stored { get; set; }
    }
}
