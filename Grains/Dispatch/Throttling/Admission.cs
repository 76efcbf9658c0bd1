using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// What comes into a queue: new tasks, and ended ones that a user queues again, within the depth that the queue's
/// settings allow. Also knows whether the queue is retired, because it was deleted: the first task or job
/// that comes then takes it into use again. <see cref="DispatchCore"/> calls it. Times are Unix milliseconds.
/// </summary>
internal sealed class Admission(OpenTasks tasks, QueueLimits limits)
{
    // How many waiting tasks recovery has not read yet; known only if the queue's depth was limited when it began.
    private int unread;

    // Whether the queue was deleted, and has had no task or job since.
    private bool isRetired;

    /// <summary>
    /// Whether nothing may come in: the queue was deleted or forgotten, and the service had as many queues as it may
    /// when this activation began.
    /// </summary>
    public bool IsShut { get; private set; }

    /// <summary>How many tasks are scheduled and queued, as the limit of the depth counts them.</summary>
    private long Depth => (long)tasks.Counts.Scheduled + tasks.Counts.Queued - tasks.Counts.WaitingChunks + unread;

    /// <summary>How many more tasks the queue's depth allows.</summary>
    public long Room => limits.Settings.MaxDepth is { } most ? most - Depth : long.MaxValue;

    /// <summary>Takes what is stored of the queue, before recovery begins.</summary>
    public void Restore(QueueOwnership stored) => (isRetired, IsShut) = (stored.IsRetired, stored.IsFull);

    /// <summary>Tells how many waiting tasks recovery is going to read.</summary>
    public void SetUnread(int count) => unread = count;

    /// <summary>Recovery has read one waiting task.</summary>
    public void ReadOne() => unread = Math.Max(0, unread - 1);

    /// <summary>Recovery has read all waiting tasks.</summary>
    public void ReadAll() => unread = 0;

    /// <summary>Retires the queue, which has no open task or job.</summary>
    public void Retire(CommitDraft draft)
    {
        isRetired = true;
        draft.IsRetired = true;
        draft.IsQueueGone = true;
    }

    /// <summary>A task or job comes: a queue that was retired is in use again.</summary>
    public void TakeIntoUse(CommitDraft draft)
    {
        if (!isRetired)
            return;
        isRetired = false;
        draft.IsRetired = false;
    }

    /// <summary>
    /// After how many milliseconds to send a request again whose tasks the queue's depth does not allow now; null when
    /// <see cref="DispatchCore.Accept"/> may accept it. Parameters as there.
    /// </summary>
    public long? RefusalOf(SubmitRequest request, Func<TaskId, bool>? isStored, long now) =>
        limits.RefusalOf(request.Tasks.Count(task => IsNew(task, isStored)), Depth, now);

    /// <summary>After how many milliseconds to try again to accept so many tasks; null when they may be accepted now.</summary>
    public long? RefusalOf(int count, long now) => limits.RefusalOf(count, Depth, now);

    /// <inheritdoc cref="DispatchCore.Accept"/>
    public void Accept(
        SubmitRequest request, Func<TaskId, bool>? isStored, long now, CommitDraft draft, Func<TaskId, TaskRow?>? rowOf)
    {
        TakeIntoUse(draft);
        // What waits for a node that comes later finds it open already.
        var nodes = request.Workflow is null ? null : request.Tasks.Select(static task => task.Id).ToHashSet();
        foreach (var submission in request.Tasks)
        {
            if (IsNew(submission, isStored))
                tasks.Accept(submission, request.Batch, now, draft, StateOf);
        }

        if (request.Idempotency is { } entry)
            draft.Idempotency.Add(entry);

        // Of a task that is not open. What this round has ended is stored as open still.
        TaskState? StateOf(TaskId id) =>
            nodes?.Contains(id) == true ? TaskState.Scheduled
            : rowOf?.Invoke(id) is { } row && (draft.Find(row.No)?.Row ?? row).State is var state && state.IsFinal()
                ? state
                : null;
    }

    /// <summary>
    /// Where a request's new tasks wait for tasks that the queue does not have, up to
    /// <see cref="SubmitReply.MostUnknown"/> places. Parameters as of <see cref="DispatchCore.Accept"/>.
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
    /// Queues a failed or cancelled task again, at the end of its priority and with a fresh attempt budget.
    /// <paramref name="stored"/> is the task as the store has it now. A task stays ended if it had secrets, which are
    /// deleted, or if its <c>expiresAt</c> has passed and it never had an attempt, since it would expire at once.
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
        TakeIntoUse(draft);
        tasks.Readmit(stored, now, draft);
        return ControlOutcome.Changed;
    }

    /// <summary>Whether a task is neither open nor, of a repeated request, stored.</summary>
    public bool IsNew(TaskSubmission submission, Func<TaskId, bool>? isStored) =>
        !tasks.TryFind(submission.Id, out _) && isStored?.Invoke(submission.Id) != true;
}
