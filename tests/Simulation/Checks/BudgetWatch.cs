using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Counts a task's failed attempts by cause, from its commits alone, and compares: the stored counts are these, over
/// whatever restarts; the task goes on while every budget has something left, and fails when one is used up; it is
/// quarantined exactly when that is the budget of losses.
/// </summary>
internal sealed class BudgetWatch(TaskId id, RetryPolicy policy)
{
    private const int Causes = 8;
    private readonly int[] failed = new int[Causes];
    private int losses;

    private int Total => failed.Sum();

    private int BudgetOfLosses => policy.Rules?.BudgetOf(FailureCause.NodeLost) is > 0 and var budget ? budget : 6;

    /// <summary>A commit has changed the task.</summary>
    /// <param name="write">What it wrote.</param>
    /// <param name="path">The states that the task went through.</param>
    /// <param name="isNew">Whether the commit made the task.</param>
    /// <param name="wasFinal">Whether the task had ended before.</param>
    /// <param name="undone">The task before a cancel or retry that the commit undoes; null when it undoes none.</param>
    public void Committed(TaskWrite write, List<TaskState> path, bool isNew, bool wasFinal, UndoRow? undone = null)
    {
        var row = write.Row;
        if (undone is not null)
        {
            for (var cause = 0; cause < Causes; cause++)
                failed[cause] = (int)(undone.Before.Failures >> (8 * cause) & 0xff);
            losses = undone.Before.NodeLosses;
        }
        else if (wasFinal && path.Count > 0)
        {
            failed.AsSpan().Clear();
            losses = 0;
        }

        // A new task, and a node of a retried workflow, may begin as scheduled.
        if (path.Skip(isNew || wasFinal ? 1 : 0).Contains(TaskState.Scheduled))
            Fail(write.Superseded!.Reason, write.Superseded.ExitCode, isLast: false);
        else if (row.NodeLosses != losses)
            Lose(row);
        else if (row.State == TaskState.Failed && path.Count > 0 && row.Reason != EndReason.Expired && !write.IsOldEnd)
            Fail(row.Reason, row.ExitCode, isLast: true);
        for (var cause = 0; cause < Causes; cause++)
            Violation.Unless((row.Failures >> (8 * cause) & 0xff) == failed[cause], $"{row} has other counts than {string.Join(' ', failed)}.");
        Violation.Unless(row.NodeLosses == losses, $"{row} was lost {losses} times.");
        Violation.Unless(
            row.IsQuarantined == (row is { State: TaskState.Failed, Reason: EndReason.NodeLost } && policy.OnNodeLost),
            $"{row} is quarantined or not, by mistake.");
        Violation.Unless(
            write.Fingerprint is not null == (row.State == TaskState.Failed && path.Count > 0), $"{row} has the fingerprint {write.Fingerprint}.");
    }

    private void Fail(EndReason reason, int? exitCode, bool isLast)
    {
        var cause = CauseOf(reason, exitCode);
        failed[cause]++;
        var budget = cause == 0 ? policy.MaxAttempts : policy.Rules!.BudgetOf((FailureCause)cause);
        var isFatal = reason == EndReason.Exit && policy.Rules?.FatalExitCodes.Contains(exitCode ?? -1) == true;
        Violation.Unless(
            isLast == (failed[cause] >= budget || isFatal || IsUsedUp()),
            $"{id} {(isLast ? "ended" : "went on")} with {string.Join(' ', failed)} failures, of {reason} {exitCode} the last, by {policy}.");
    }

    private void Lose(in TaskRow row)
    {
        losses++;
        var isLast = row is { State: TaskState.Failed, Reason: EndReason.NodeLost };
        Violation.Unless(policy.OnNodeLost, $"{row} counts losses apart.");
        Violation.Unless(isLast == (losses >= BudgetOfLosses || IsUsedUp()), $"{row} was lost {losses} times, of {BudgetOfLosses}.");
    }

    private bool IsUsedUp() => policy.Rules is not null && Total + losses >= 100;

    private int CauseOf(EndReason reason, int? exitCode)
    {
        FailureCause? cause = reason switch
        {
            EndReason.Exit => FailureCause.Exit,
            EndReason.Signal => FailureCause.Signal,
            EndReason.Timeout => FailureCause.Timeout,
            EndReason.SpawnFailed => FailureCause.SpawnFailed,
            EndReason.BadResult => FailureCause.BadResult,
            _ => null,
        };
        if (cause is null || policy.Rules is not { } rules || rules.BudgetOf(cause.Value) == 0)
            return 0;
        return cause == FailureCause.Exit && rules.ExitCodes is { } codes && !codes.Contains(exitCode ?? -1) ? 0 : (int)cause.Value;
    }
}
