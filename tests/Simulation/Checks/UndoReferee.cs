using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Holds what is kept of cancelled and retried tasks, and what undoing them leads to, against the commits: what is kept is
/// the task before; what is undone is that again, once, and had not started; what is left is left for a reason; and callers
/// are told what is stored.
/// </summary>
internal sealed class UndoReferee(Coverage coverage)
{
    private readonly Dictionary<(TaskId Operation, TaskId Task), Known> known = [];

    /// <summary>
    /// Whether something must be kept of a task that an operation has changed. Rows are removed by their times, and a silo
    /// whose clock was set back has written an early one.
    /// </summary>
    /// <param name="operation">The operation.</param>
    /// <param name="task">The task.</param>
    /// <param name="now">The true time, in Unix milliseconds.</param>
    public bool IsKept(TaskId operation, TaskId task, long now) =>
        known.TryGetValue((operation, task), out var found) && found.Row.At > now - UndoRow.Term;

    /// <summary>
    /// What was kept of a task whose change a commit undoes; null when the commit does not. Called before the commit is
    /// taken in.
    /// </summary>
    public UndoRow? UndoneBy(QueueCommit commit, TaskId task)
    {
        foreach (var (operation, no, outcome) in commit.Undo?.Decided ?? [])
        {
            if (outcome == UndoOutcome.Undone && known.TryGetValue((operation, task), out var found)
                && found.Row.Before.No == no)
                return found.Row;
        }

        return null;
    }

    /// <summary>A commit landed, and the tasks are as they were before it.</summary>
    public void Committed(QueueCommit commit, IReadOnlyDictionary<TaskId, KnownTask> tasks)
    {
        if (commit.Undo is not { } undo)
            return;
        var moves = commit.Events.ToLookup(static entry => entry.Task, static entry => entry.State);
        var writes = commit.Writes.ToDictionary(static write => write.Row.Id, static write => write.Row);
        foreach (var row in undo.Kept)
        {
            var id = row.Before.Id;
            // A task with several changes in one round is kept as none of the stored rows has it; so is one that has
            // begun to run in the round that asks it to end.
            if (moves[id].Count() == 1 && !row.Before.State.IsLeased() && tasks.TryGetValue(id, out var task) && !task.IsPruned)
                Violation.Unless(IsSame(row.Before, task.Row), $"{row.Before} is kept of {task.Row}.");
            if (row.Before.State.IsLeased() && tasks.TryGetValue(id, out var held) && !held.IsPruned)
                Violation.Unless(
                    held.Row.State.IsLeased() || moves[id].Any(static state => state.IsLeased()),
                    $"{row.Before} is kept of {held.Row}, which no node had.");
            Violation.Unless(row.At == commit.At, $"{id} was changed at {commit.At}, and is kept as of {row.At}.");
            known[(row.Operation, id)] = new Known(row, writes[id], moves[id].Count() <= 1, commit.QueueNo);
        }

        foreach (var (operation, no, outcome) in undo.Decided)
            Decide(operation, no, outcome);

        // The last task of the queue is gone, and the queue with it.
        foreach (var kept in undo.IsQueueGone ? known.Values.Where(kept => kept.QueueNo == commit.QueueNo) : [])
        {
            if (kept.Outcome == UndoOutcome.Pending)
                kept.Outcome = UndoOutcome.QueueGone;
        }

        void Decide(TaskId operation, long no, UndoOutcome outcome)
        {
            var kept = known.Values.Single(one => one.Row.Operation == operation && one.Row.Before.No == no);
            var (before, id) = (kept.Row.Before, kept.Row.Before.Id);
            Violation.Unless(
                kept.Outcome == UndoOutcome.Pending, $"The change of {id} by {operation} is {outcome}, after {kept.Outcome}.");
            kept.Outcome = outcome;
            coverage.Fire($"undo {(before.State.IsFinal() ? "of a retry" : "of a cancel")} {outcome}");
            var was = tasks[id].Row;
            var path = moves[id].ToArray();
            if (outcome != UndoOutcome.Undone)
            {
                // A task that a node had may end in the round that cancels it, so nothing changes it after that. One that
                // another operation of the same round has changed, too, was changed, though no later commit has it.
                var isUntouched = kept.IsOnly && path.Length == 0 && was == kept.After && !tasks[id].IsPruned
                    // Another task may have its unique key by now.
                    && tasks[id].Submission.Unique is null;
                Violation.Unless(
                    !isUntouched || outcome is not (UndoOutcome.Changed or UndoOutcome.Gone)
                        && (outcome != UndoOutcome.Started || was.State.IsLeased() || before.State.IsLeased()),
                    $"{was} was left for the reason {outcome}, and nothing has changed it.");
                return;
            }

            Violation.Unless(commit.At - kept.Row.At < UndoRow.Term, $"{id} is undone too late.");
            Violation.Unless(!before.State.IsLeased(), $"{before} had started, and its cancel is undone.");
            Violation.Unless(
                path.Contains(before.State), $"{id} was {before.State}, and is undone to {string.Join(", ", path)}.");
            Violation.Unless(
                tasks[id].Started <= before.Attempt, $"{id} has started attempt {tasks[id].Started} since {before}.");
            // What comes back may be assigned, or come due, in the same round.
            if (path.Length == 1)
                Violation.Unless(IsSame(before, writes[id]), $"{before} came back as {writes[id]}.");
            if (before.State.IsFinal())
                Violation.Unless(
                    writes[id] == before, $"{before} came back as {writes[id]}, another end.");
        }
    }

    /// <summary>The outcome that is stored of an operation's change of a task; null when nothing is kept.</summary>
    public UndoOutcome? OutcomeOf(TaskId operation, TaskId task) =>
        known.TryGetValue((operation, task), out var found) ? found.Outcome : null;

    /// <summary>Somebody who asked to undo a change of one task was answered.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="task">The task.</param>
    /// <param name="reply">The answer.</param>
    /// <param name="wasKept">Whether something was kept when the call began.</param>
    public void Answered(TaskId operation, TaskId task, UndoReply reply, bool wasKept)
    {
        if (reply.Counts.Sum() == 0)
        {
            Violation.Unless(!wasKept, $"Nothing is said to be kept of {task} by {operation}.");
            return;
        }

        var outcome = (UndoOutcome)reply.Counts.IndexOf(1);
        Violation.Unless(
            reply is { Next: 0 } && reply.Counts.Sum() == 1 && outcome == OutcomeOf(operation, task),
            $"The undo of {operation} on {task} is answered by {outcome}, and stored as {OutcomeOf(operation, task)}.");
    }

    // The end of a backoff may have been cut since it was stored, and the last attempt be unknown to a new owner.
    private static bool IsSame(in TaskRow one, in TaskRow other) =>
        (one.State, one.Order, one.Attempt, one.Failures, one.NodeLosses, one.QueuedAt, one.EndedAt)
            == (other.State, other.Order, other.Attempt, other.Failures, other.NodeLosses, other.QueuedAt, other.EndedAt);

    private sealed class Known(UndoRow row, TaskRow after, bool isOnly, int queueNo)
    {
        public int QueueNo => queueNo;

        public UndoRow Row => row;

        /// <summary>The task as the round with the cancel or retry has left it.</summary>
        public TaskRow After => after;

        /// <summary>Whether the task had no other change in that round.</summary>
        public bool IsOnly => isOnly;

        public UndoOutcome Outcome { get; set; }
    }
}
