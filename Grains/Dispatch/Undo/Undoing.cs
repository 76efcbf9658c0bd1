using OrleansTasks.Jobs;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Undo;

/// <summary>Returns tasks to their state before a cancel or retry. Times are Unix milliseconds.</summary>
/// <remarks>
/// The rules, in the order of the checks. "Left" means that the task stays as it is.
/// <code>
/// more than ten minutes ago, or no longer stored                left
/// its queue was deleted since                                   left: the pause that held it is gone with the settings
/// a node of a workflow                                          left: the workflow has continued
/// a node had it when it was cancelled, or since it was retried  left: a start cannot be undone
/// changed since in another way                                  left
/// cancelled, and other tasks waited for it                      left: they were skipped or released
/// cancelled, and its secrets are gone or it has expired         left
/// cancelled, and the queue is full                              left
/// cancelled, and another task has its unique key now            left
/// cancelled                                                     scheduled or queued, in its old place
/// retried                                                       failed or cancelled, as before the retry
/// </code>
/// Schedules and batches need no rule of their own: a restored task counts like a retried one.
/// </remarks>
internal sealed class Undoing(OpenTasks tasks, OpenJobs jobs, TaskEnding ending, Admission admission)
{
    /// <summary>Returns the row to keep before a cancel or after a retry, or null if the task is not open.</summary>
    public TaskRow? RowOf(TaskId id) =>
        tasks.TryFind(id, out var slot) && tasks[slot].Chunk is null ? tasks[slot].ToRow() : null;

    /// <summary>
    /// Returns whether other tasks, or a job whose items it makes, may wait for the task. Always true while recovery
    /// has not read all waiting tasks, because one of them may wait for it.
    /// </summary>
    public bool MayHaveDependents(TaskId id) =>
        !tasks.Ready.IsComplete || tasks.Dependencies.HasChildren(id) || jobs.IsOpen(SourceTaskId.JobOf(id));

    /// <summary>Undoes one change. The draft may have newer changes by earlier operations of the round.</summary>
    public UndoOutcome Undo(UndoRow kept, OpenTask? stored, long now, CommitDraft draft)
    {
        if (now - kept.At >= UndoRow.Term)
            return UndoOutcome.TooLate;
        if (stored is not { } task)
            return UndoOutcome.Gone;
        // If an earlier round deleted the queue, its commit has already decided the outcome.
        if (draft.IsQueueGone)
            return UndoOutcome.QueueGone;
        if (task.WorkflowNode is not null)
            return UndoOutcome.Workflow;
        if (kept.Before.State.IsLeased())
            return UndoOutcome.Started;
        return kept.Before.State.IsFinal() ? UndoRetry(kept, task, draft) : UndoCancel(kept, task, now, draft);
    }

    private UndoOutcome UndoCancel(UndoRow kept, in OpenTask stored, long now, CommitDraft draft)
    {
        var before = kept.Before;
        var row = draft.Find(before.No)?.Row ?? stored.Row;
        if (row.Attempt > before.Attempt)
            return UndoOutcome.Started;
        // The order and the end time distinguish this cancel from one after a later retry.
        if (tasks.TryFind(before.Id, out _) || row.State != TaskState.Cancelled || row.Order != before.Order
            || row.EndedAt != kept.At)
            return UndoOutcome.Changed;
        if (kept.HadDependents)
            return UndoOutcome.Dependents;
        if (stored.HadSecrets)
            return UndoOutcome.SecretsGone;
        if (before.Attempt == 0 && stored.ExpiresAt != 0 && stored.ExpiresAt <= now)
            return UndoOutcome.Expired;
        if (admission.RefusalOf(1, now) is not null)
            return UndoOutcome.QueueFull;
        if (admission.IsTaken(stored.Unique) is not { } isTaken)
            return UndoOutcome.QueueFull;
        if (isTaken)
            return UndoOutcome.Changed;
        admission.TakeIntoUse(draft);
        Restore(stored, before, now, draft);
        return UndoOutcome.Undone;
    }

    // Restores a task in its old place. The caller has checked that the task is not open and that no node held it when
    // it was cancelled.
    private void Restore(in OpenTask stored, in TaskRow before, long now, CommitDraft draft)
    {
        var trigger = before.State == TaskState.Queued ? TaskTrigger.UndoToQueued : TaskTrigger.UndoToScheduled;
        // Throws if the state machine does not allow the change.
        _ = TaskTransitions.Next(TaskState.Cancelled, trigger);
        if (!tasks.TryLoad(stored with { Row = before }, now, out var slot))
            throw new InvalidOperationException($"{before.Id} is open, so its cancel cannot be undone.");
        tasks.Record(draft, ref tasks[slot]);
    }

    private UndoOutcome UndoRetry(UndoRow kept, in OpenTask stored, CommitDraft draft)
    {
        var before = kept.Before;
        if (!tasks.TryFind(before.Id, out var slot))
            return (draft.Find(before.No)?.Row ?? stored.Row).Attempt > before.Attempt
                ? UndoOutcome.Started : UndoOutcome.Changed;
        ref var task = ref tasks[slot];
        // An attempt that was given back before it started left no trace and does not count.
        if (task.State.IsLeased() || task.Attempt > before.Attempt)
            return UndoOutcome.Started;
        if (task.State != TaskState.Queued || task.Order != kept.Order)
            return UndoOutcome.Changed;
        ending.Withdraw(slot, kept, draft);
        return UndoOutcome.Undone;
    }
}
