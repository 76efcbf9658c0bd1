using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// Admits new and retried tasks within the depth that the queue's settings allow. Also knows whether the queue was
/// deleted and thereby retired: the first new task or job brings it back into use. Times are Unix milliseconds.
/// </summary>
internal sealed class Admission(OpenTasks tasks, QueueLimits limits)
{
    // How many waiting tasks recovery has not read yet; known only if the queue's depth was limited when it began.
    private int unread;

    private bool isRetired;

    /// <summary>
    /// Whether nothing may be added: the queue was deleted or forgotten, and the service had its maximum number of
    /// queues when this activation began.
    /// </summary>
    public bool IsShut { get; private set; }

    /// <summary>The number of scheduled and queued tasks, without chunk runs, as the limit counts them.</summary>
    private long Depth => (long)tasks.Counts.Scheduled + tasks.Counts.Queued - tasks.Counts.WaitingChunks + unread;

    public long Room => limits.Settings.MaxDepth is { } most ? most - Depth : long.MaxValue;

    /// <summary>Applies the stored state of the queue, before recovery begins.</summary>
    public void Restore(QueueOwnership stored) => (isRetired, IsShut) = (stored.IsRetired, stored.IsFull);

    /// <summary>Sets how many waiting tasks recovery is going to read.</summary>
    public void SetUnread(int count) => unread = count;

    /// <summary>Notes that recovery has loaded one of the waiting tasks.</summary>
    public void ReadOne() => unread = Math.Max(0, unread - 1);

    public void ReadAll() => unread = 0;

    /// <summary>Retires the queue, which must have no open task or job.</summary>
    public void Retire(CommitDraft draft)
    {
        isRetired = true;
        draft.IsRetired = true;
        draft.IsQueueGone = true;
    }

    public void TakeIntoUse(CommitDraft draft)
    {
        if (!isRetired)
            return;
        isRetired = false;
        draft.IsRetired = false;
    }

    /// <summary>
    /// Returns after how many milliseconds to repeat a request that exceeds the queue's depth now, or null if
    /// <see cref="DispatchCore.Accept"/> may accept it.
    /// </summary>
    public long? RefusalOf(SubmitRequest request, Func<TaskId, bool>? isStored, long now) =>
        limits.RefusalOf(request.Tasks.Count(task => IsNew(task, isStored)), Depth, now);

    public long? RefusalOf(int count, long now) => limits.RefusalOf(count, Depth, now);

    /// <inheritdoc cref="DispatchCore.Accept"/>
    public void Accept(
        SubmitRequest request, Func<TaskId, bool>? isStored, long now, CommitDraft draft, Func<TaskId, TaskRow?>? rowOf)
    {
        TakeIntoUse(draft);
        // A parent in the same workflow counts as open, even if it is added after its child.
        var nodes = request.Workflow is null ? null : request.Tasks.Select(static task => task.Id).ToHashSet();
        foreach (var submission in request.Tasks)
        {
            if (IsNew(submission, isStored))
                tasks.Accept(submission, request.Batch, now, draft, StateOf);
        }

        if (request.Idempotency is { } entry)
            draft.Idempotency.Add(entry);

        // Returns the final state of a task that is not open. The draft comes first: in the store, a task that this
        // round has ended is still open.
        TaskState? StateOf(TaskId id) =>
            nodes?.Contains(id) == true ? TaskState.Scheduled
            : rowOf?.Invoke(id) is { } row && (draft.Find(row.No)?.Row ?? row).State is var state && state.IsFinal()
                ? state
                : null;
    }

    /// <summary>
    /// Returns the places where a request's new tasks wait for tasks that the queue does not have, at most
    /// <see cref="SubmitReply.MostUnknown"/>.
    /// </summary>
    public ImmutableArray<AfterPlace> UnknownAfter(
        SubmitRequest request, Func<TaskId, bool>? isStored, Func<TaskId, TaskRow?> rowOf)
    {
        var places = ImmutableArray.CreateBuilder<AfterPlace>();
        if (request.Workflow is not null)
            return [];
        for (var i = 0; i < request.Tasks.Length && places.Count < SubmitReply.MostUnknown; i++)
        {
            if (request.Tasks[i].After is not { } after || !IsNew(request.Tasks[i], isStored))
                continue;
            for (var item = 0; item < after.Length && places.Count < SubmitReply.MostUnknown; item++)
            {
                if (rowOf(after[item].Task) is null)
                    places.Add(new AfterPlace(i, item));
            }
        }

        return places.ToImmutable();
    }

    /// <summary>
    /// Queues a failed or cancelled task again, at the end of its priority and with full budgets.
    /// <paramref name="stored"/> is the task as stored now. A task stays ended if it had secrets, which are deleted, or
    /// if it never had an attempt and its <c>expiresAt</c> has passed, because it would expire at once.
    /// </summary>
    public ControlOutcome Retry(in OpenTask stored, long now, CommitDraft draft)
    {
        var row = stored.Row;
        if (tasks.TryFind(row.Id, out _) || TaskTransitions.TryNext(row.State, TaskTrigger.Retry) is null
            || stored.WorkflowNode is not null)
            return ControlOutcome.NotRetryable;
        if (stored.HadSecrets)
            return ControlOutcome.SecretsGone;
        if (row.Attempt == 0 && stored.ExpiresAt != 0 && stored.ExpiresAt <= now)
            return ControlOutcome.NotRetryable;
        if (limits.RefusalOf(1, Depth, now) is not null)
            return ControlOutcome.QueueFull;
        if (IsTaken(stored.Unique) is not { } isTaken)
            return ControlOutcome.QueueFull;
        if (isTaken)
            return ControlOutcome.NotRetryable;
        TakeIntoUse(draft);
        tasks.Readmit(stored, now, draft);
        return ControlOutcome.Changed;
    }

    /// <summary>
    /// Returns whether an open task has an ended task's unique key, so that the ended task must not open again. Returns
    /// null while recovery has not read all waiting tasks: any of them may have the key.
    /// </summary>
    public bool? IsTaken(TaskUnique? unique) => unique is null ? false
        : tasks.Uniques.With(unique.Key).Count > 0 ? true
        : tasks.Ready.IsComplete ? false : null;

    /// <summary>Returns whether a task is neither open nor, for a repeated request, stored.</summary>
    public bool IsNew(TaskSubmission submission, Func<TaskId, bool>? isStored) =>
        !tasks.TryFind(submission.Id, out _) && isStored?.Invoke(submission.Id) != true;
}
