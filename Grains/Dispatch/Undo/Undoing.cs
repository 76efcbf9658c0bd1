using OrleansTasks.Jobs;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Undo;

/// <summary>Returns tasks to their state before a cancel or retry. Times are Unix milliseconds.</summary>
/// <remarks>
/// The rules, in order. "Left" means that the task stays as it is.
/// <code>
/// more than ten minutes ago, or no longer stored                left
/// its queue was deleted since                                   left: the pause that held it is gone with the settings
/// a node of a workflow                                          left: the workflow has gone on
/// a node had it when it was cancelled, or since it was retried  left: a start cannot be undone
/// changed since in another way                                  left
/// cancelled, and other tasks waited for it                      left: they were skipped or released
/// cancelled, and its secrets are gone or its time is over       left
/// cancelled, and the queue is full                              left
/// cancelled                                                     scheduled or queued, in its old place
/// retried                                                       failed or cancelled, with its old end
/// </code>
/// Schedules and batches need no rule: a task that comes back counts as a retried one does.
/// </remarks>
internal sealed class Undoing(OpenTasks tasks, OpenJobs jobs, TaskEnding ending, Admission admission)
{
    /// <summary>The row to keep before a cancel or after a retry; null when the task is not open.</summary>
    public TaskRow? RowOf(TaskId id) =>
        tasks.TryFind(id, out var slot) && tasks[slot].Chunk is null ? tasks[slot].ToRow() : null;

    /// <summary>
    /// Whether other tasks, or a job whose items it makes, wait for the task. True while recovery has not read all
    /// waiting tasks, because one of them may.
    /// </summary>
    public bool MayHaveDependents(TaskId id) =>
        !tasks.Ready.IsComplete || tasks.Dependencies.HasChildren(id) || jobs.IsOpen(SourceTaskId.JobOf(id));

    /// <summary>Undoes one change. The draft may have newer ones by earlier operations of the round.</summary>
    public UndoOutcome Undo(UndoRow kept, OpenTask? stored, long now, CommitDraft draft)
    {
        if (now - kept.At >= UndoRow.Term)
            return UndoOutcome.TooLate;
        if (stored is not { } task)
            return UndoOutcome.Gone;
        // After an earlier round, the commit of the deletion has decided this.
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
        // The order and the end distinguish this cancel from one after a retry.
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
        admission.TakeIntoUse(draft);
        Restore(stored, before, now, draft);
        return UndoOutcome.Undone;
    }

    // In its old place. The caller has checked that the task is not open and that no node held it when it was
    // cancelled.
    private void Restore(in OpenTask stored, in TaskRow before, long now, CommitDraft draft)
    {
        var trigger = before.State == TaskState.Queued ? TaskTrigger.UndoToQueued : TaskTrigger.UndoToScheduled;
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
        // An attempt that was given back before its start has left no trace.
        if (task.State.IsLeased() || task.Attempt > before.Attempt)
            return UndoOutcome.Started;
        if (task.State != TaskState.Queued || task.Order != kept.Order)
            return UndoOutcome.Changed;
        ending.Withdraw(slot, kept, draft);
        return UndoOutcome.Undone;
    }
}
