using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Builds a task's history from what is stored: its acceptance, the starts and ends of its attempts, requests to cancel
/// or retry it, and its end.
/// </summary>
internal static class TaskTimeline
{
    // In milliseconds. A task queued within this time of its id's creation was queued when it was accepted.
    private const long Acceptance = 1_000;

    /// <summary>Returns what happened, oldest first.</summary>
    /// <param name="task">The task.</param>
    /// <param name="attempts">Its attempts.</param>
    /// <param name="asked">The audit records about this task alone, in any order.</param>
    public static IReadOnlyList<TimelineEntry> Of(
        TaskRecord task, ImmutableArray<AttemptRecord> attempts, IReadOnlyCollection<AuditRecord>? asked = null)
    {
        var first = StartsScheduled(task) ? TaskState.Scheduled : TaskState.Queued;
        var entries = new List<TimelineEntry> { new(task.Id.CreatedAt, first, 0, null, EndReason.None) { Submitter = task.SubmittedBy } };
        foreach (var attempt in attempts)
        {
            if (attempt.StartedAt is { } started)
                entries.Add(new TimelineEntry(started, TaskState.Running, attempt.Attempt, attempt.Node, EndReason.None));
            if (attempt.EndedAt is { } ended)
                entries.Add(new TimelineEntry(ended, attempt.State, attempt.Attempt, attempt.Node, attempt.Reason));
        }

        // The task returned to the queue, or entered it at its time or when its parents had ended.
        if (task.QueuedAt is { } queued
            && (first == TaskState.Scheduled || queued > task.Id.CreatedAt + Acceptance
                || EndedBy(attempts, queued) > 0))
            entries.Add(new TimelineEntry(queued, TaskState.Queued, EndedBy(attempts, queued), null, EndReason.None));
        if (task.CancelRequestedAt is { } requested)
            entries.Add(new TimelineEntry(requested, null, task.Attempt, null, EndReason.None)
            { By = asked?.FirstOrDefault(record => IsCancel(record) && record.At == requested)?.Origin });
        foreach (var record in asked ?? [])
        {
            // The last cancel is in the task itself and was added above.
            if (record.Origin.Action is AuditActions.RetryTasks or AuditActions.UndoTasks
                || (IsCancel(record) && record.At != task.CancelRequestedAt))
                entries.Add(new TimelineEntry(record.At, null, EndedBy(attempts, record.At), null, EndReason.None)
                { By = record.Origin });
        }

        if (task is { EndedAt: { } end } && task.State.IsFinal() && !attempts.Any(attempt => attempt.EndedAt == end))
            entries.Add(new TimelineEntry(end, task.State, task.Attempt, task.Node, task.Reason));
        return [.. entries.OrderBy(static entry => entry.At).ThenBy(static entry => entry.Attempt)];
    }

    private static bool IsCancel(AuditRecord record) => record.Origin.Action == AuditActions.CancelTasks;

    private static int EndedBy(ImmutableArray<AttemptRecord> attempts, long time) =>
        attempts.LastOrDefault(attempt => attempt.EndedAt <= time)?.Attempt ?? 0;

    private static bool StartsScheduled(TaskRecord task) =>
        WhyCalls.SpecOf(task) is { } spec && (spec.RunAt > task.Id.CreatedAt || spec.Unique is { Debounce: > 0 }
            // If all its parents had already ended, the task was queued when it was accepted.
            || (spec.After.Length > 0 && !(task.QueuedAt <= task.Id.CreatedAt + Acceptance)));
}
