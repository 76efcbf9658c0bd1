using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    /// <summary>Cancels an open task: at once when nothing of it runs, else its node is asked to end it.</summary>
    public ControlOutcome Cancel(TaskId id, long now, CommitDraft draft)
    {
        if (!tasks.TryFind(id, out var slot) || tasks[slot].Chunk is not null)
            return ControlOutcome.NotOpen;
        ref var task = ref tasks[slot];
        if (task.Lease is not { } held)
        {
            Move(ref task, TaskTrigger.Cancel);
            var write = Write(draft, ref task);
            write.Row = write.Row with { EndedAt = now, CancelRequestedAt = now, Reason = EndReason.Cancelled };
            write.DropSecrets = task.HadSecrets;
            Forget(ref task, slot);
            return ControlOutcome.Changed;
        }

        if (held.CancelRequestedAt != 0)
            return ControlOutcome.Unchanged;
        held.CancelRequestedAt = now;
        held.SentAt = now;
        draft.For(held.Node.Id, held.Node.Session).Cancel.Add(RefOf(in task, held));
        Write(draft, ref task, changed: false);
        return ControlOutcome.Changed;
    }

    /// <summary>Queues an ended task again, with a fresh attempt budget, at the end of its priority.</summary>
    public ControlOutcome Retry(in OpenTask stored, long now, CommitDraft draft)
    {
        var row = stored.Row;
        if (tasks.TryFind(row.Id, out _) || TaskTransitions.TryNext(row.State, TaskTrigger.Retry) is not { } next)
            return ControlOutcome.NotRetryable;
        if (stored.HadSecrets)
            return ControlOutcome.SecretsGone;
        if (row.Attempt == 0 && stored.ExpiresAt != 0 && stored.ExpiresAt <= now)
            return ControlOutcome.NotRetryable;
        var slot = tasks.Add(row.Id);
        ref var task = ref tasks[slot];
        task.No = row.No;
        task.Order = ++LastNo;
        task.ExpiresAt = stored.ExpiresAt;
        task.Signature = signatures.Acquire(stored.Requires, stored.Limits);
        task.Policy = stored.Retry;
        task.Attempt = row.Attempt;
        task.Priority = stored.Priority;
        task.State = next;
        task.QueuedAt = now;
        if (row.Attempt > 0)
            task.Detail = new LastAttempt(row.Token, row.Node, row.Reason, row.ExitCode, row.Signal, row.StartedAt);
        Count(next, 1);
        PushReady(ref task, slot);
        WatchTimes(ref task, slot);
        var write = Write(draft, ref task);
        if (row.Attempt > 0)
        {
            write.Superseded = new EndedAttempt(
                row.Attempt, row.Token, row.Node, row.State, row.Reason, row.ExitCode, row.Signal, row.StartedAt, row.EndedAt);
        }

        return ControlOutcome.Changed;
    }

    private LeaseRef RefOf(in TaskSlot task, Lease held) => new(task.Id, partition, task.Attempt, held.Token);
}
