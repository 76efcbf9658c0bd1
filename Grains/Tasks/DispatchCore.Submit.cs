using OrleansTasks.Feed;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    /// <summary>
    /// Accepts the tasks of a request. What the request's idempotency key and ids mean has been looked up already.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="isStored">On a repeat: whether the store has a task already.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Where the changes go.</param>
    public void Accept(SubmitRequest request, Func<TaskId, bool>? isStored, long now, CommitDraft draft)
    {
        foreach (var submission in request.Tasks)
        {
            if (tasks.TryFind(submission.Id, out _) || isStored?.Invoke(submission.Id) == true)
                continue;
            AcceptOne(submission, request.Batch, now, draft);
        }

        if (request.Idempotency is { } entry)
            draft.Idempotency.Add(entry);
    }

    private void AcceptOne(TaskSubmission submission, TaskId? batch, long now, CommitDraft draft)
    {
        var slot = tasks.Add(submission.Id);
        ref var task = ref tasks[slot];
        task.No = task.Order = ++LastNo;
        task.ExpiresAt = submission.ExpiresAt;
        task.Signature = signatures.Acquire(submission.Requires, submission.Limits);
        task.Policy = submission.Retry;
        task.Priority = submission.Priority;
        task.HadSecrets = !submission.SecretEnv.IsEmpty;
        if (submission.RunAt > now)
        {
            task.State = TaskState.Scheduled;
            task.DueAt = submission.RunAt;
        }
        else
        {
            task.State = TaskState.Queued;
            task.QueuedAt = now;
            PushReady(ref task, slot);
        }

        Count(task.State, 1);
        WatchTimes(ref task, slot);
        draft.Add(new TaskWrite { Row = Row(in task), New = submission, Batch = batch });
        draft.Events.Add(new FeedEntry(task.Id, task.State, 0));
    }
}
