using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// What follows when an attempt starts, ends, is given back, or is lost: the task runs, ends, waits for its next
/// attempt, or returns to its place. Every lease passed in is its task's current one, as <see cref="LeaseBook"/> finds it; after
/// <see cref="End"/>, <see cref="PutBack"/> and <see cref="Lose"/> it is released. Changes are in memory at once and in the draft; the
/// commit follows. Times are Unix milliseconds.
/// </summary>
internal sealed class Attempts(
    OpenTasks tasks, LeaseBook leases, TaskEnding ending, DispatchOptions options, IRandomness random)
{
    /// <summary>The node has taken an attempt up: an assigned task is running from now on. A repeat changes no state.</summary>
    public void Confirm(Lease held, long now, CommitDraft draft)
    {
        leases.Confirm(held);
        ref var task = ref tasks[held.Slot];
        if (task.State != TaskState.Assigned)
            return;
        held.StartedAt = now;
        tasks.Move(ref task, held.Slot, TaskTrigger.Confirm);
        tasks.Record(draft, ref task);
    }

    /// <summary>
    /// The node has told how an attempt ended. Exit code 0 succeeds even when a cancel was asked for; of all else, an attempt that was to
    /// be cancelled is cancelled, and the others have failed and count.
    /// </summary>
    public void End(Lease held, AttemptResult result, long now, CommitDraft draft)
    {
        ref var task = ref tasks[held.Slot];
        // The start was not reported, or was lost: it is reckoned back by RunTime (ms), and is never before the assignment.
        if (held.StartedAt == 0)
            held.StartedAt = Math.Max(held.AssignedAt, now - Math.Max(0, result.RunTime));
        // A result implies the start that was not told before it; followers of the events see both.
        if (task.State == TaskState.Assigned && result.Reason is not (EndReason.SpawnFailed or EndReason.NodeLost))
        {
            leases.Confirm(held);
            tasks.Move(ref task, held.Slot, TaskTrigger.Confirm);
            tasks.Record(draft, ref task);
        }

        // A worker says NodeLost when it killed the attempt because it could not renew the lease in time, whether or not the lease has
        // lapsed here.
        if (result.Reason == EndReason.NodeLost)
            Lose(held, now, draft);
        else if (result is { Reason: EndReason.Exit, ExitCode: 0 })
            Finish(held, TaskTrigger.Succeed, result, now, draft);
        else if (held.CancelRequestedAt != 0 || result.Reason == EndReason.Cancelled)
            Finish(held, TaskTrigger.Cancel, result, now, draft);
        else
            Fail(ref task, held, result, now, draft);
    }

    /// <summary>
    /// The node gives an attempt back: the task returns to its place in the order and no failure is counted. The number of an attempt
    /// that never started is given again. An attempt that started, and was killed because its worker shut down, keeps its number and is
    /// stored as lost with its node. A task that was to be cancelled is cancelled instead.
    /// </summary>
    public void PutBack(Lease held, long now, CommitDraft draft)
    {
        ref var task = ref tasks[held.Slot];
        var hasStarted = held.StartedAt != 0;
        if (held.CancelRequestedAt != 0 && hasStarted)
        {
            Finish(held, TaskTrigger.Cancel, null, now, draft);
            return;
        }

        // Before the attempt's number and the detail change, which it reads.
        var ended = hasStarted ? Ended(in task, held, null, now) : null;
        leases.Release(held, now);
        if (ended is null)
            task.Attempt--;
        task.Detail = ended is null ? held.Before : Last(held, ended);
        if (held.CancelRequestedAt != 0)
        {
            var end = new TaskEnd(TaskTrigger.Cancel, EndReason.Cancelled, CancelRequestedAt: held.CancelRequestedAt);
            ending.End(held.Slot, end, now, draft);
            return;
        }

        Requeue(ref task, held, TaskTrigger.PutBack, ended, now, draft);
    }

    /// <summary>
    /// Nobody will report how the attempt ended: its lease lapsed, its processes are dead, or its node has it no more. The task returns
    /// to its place, up to <see cref="DispatchOptions.MaxNodeLosses"/> times, then it fails. It counts as a failed attempt instead when
    /// the policy's <see cref="RetryPolicy.OnNodeLost"/> is false. A task that was to be cancelled is cancelled.
    /// </summary>
    public void Lose(Lease held, long now, CommitDraft draft)
    {
        ref var task = ref tasks[held.Slot];
        if (held.CancelRequestedAt != 0)
            Finish(held, TaskTrigger.Cancel, null, now, draft);
        else if (!task.Policy.OnNodeLost)
            Fail(ref task, held, null, now, draft);
        else if (++task.NodeLosses > options.MaxNodeLosses)
            Finish(held, TaskTrigger.Fail, null, now, draft);
        else
        {
            var ended = Ended(in task, held, null, now);
            leases.Release(held, now);
            task.Detail = Last(held, ended);
            Requeue(ref task, held, TaskTrigger.LoseNode, ended, now, draft);
        }
    }

    /// <summary>
    /// Cancels an open task: at once when no node holds it, else its node is asked to end it, and the task ends with what the node
    /// reports or when the node is lost. Heartbeats repeat the request (<see cref="LeaseBook"/>).
    /// </summary>
    /// <returns><see cref="ControlOutcome.Unchanged"/> when a cancel was asked for before.</returns>
    public ControlOutcome Cancel(int slot, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        if (task.Lease is not { } held)
        {
            ending.End(slot, new TaskEnd(TaskTrigger.Cancel, EndReason.Cancelled, CancelRequestedAt: now), now, draft);
            return ControlOutcome.Changed;
        }

        if (held.CancelRequestedAt != 0)
            return ControlOutcome.Unchanged;
        held.CancelRequestedAt = now;
        held.SentAt = now;
        draft.For(held.Node.Id, held.Node.Session).Cancel.Add(leases.RefOf(held));
        tasks.Record(draft, ref task, changed: false);
        return ControlOutcome.Changed;
    }

    /// <summary>Ends the task with this attempt. Without a result, the reason is the cancel or the lost node.</summary>
    private void Finish(Lease held, TaskTrigger trigger, AttemptResult? result, long now, CommitDraft draft)
    {
        var reason = result?.Reason ?? (trigger == TaskTrigger.Cancel ? EndReason.Cancelled : EndReason.NodeLost);
        ending.End(held.Slot, new TaskEnd(trigger, reason, result), now, draft);
    }

    /// <summary>
    /// The attempt failed and counts: the task waits for the next one, or ends when none is left. No result means that the node was lost.
    /// </summary>
    private void Fail(ref TaskSlot task, Lease held, AttemptResult? result, long now, CommitDraft draft)
    {
        if (++task.Failures >= task.Policy.MaxAttempts)
        {
            Finish(held, TaskTrigger.Fail, result, now, draft);
            return;
        }

        var ended = Ended(in task, held, result, now);
        leases.Release(held, now);
        task.Detail = Last(held, ended);
        task.DueAt = now + Math.Max(1, Backoff.Next(task.Policy, task.Failures, random));
        tasks.Move(ref task, held.Slot, TaskTrigger.BackOff);
        var write = tasks.Record(draft, ref task);
        write.Superseded = ended;
        write.Result = result;
    }

    /// <summary>Queues the task at its old order. The caller has released the lease and replaced the detail.</summary>
    private void Requeue(ref TaskSlot task, Lease held, TaskTrigger trigger, EndedAttempt? ended, long now, CommitDraft draft)
    {
        task.QueuedAt = now;
        tasks.Move(ref task, held.Slot, trigger);
        tasks.Record(draft, ref task).Superseded ??= ended;
    }

    private static EndedAttempt Ended(in TaskSlot task, Lease held, AttemptResult? result, long now) =>
        new(task.Attempt, held.Token, held.Node.Id, TaskState.Failed, result?.Reason ?? EndReason.NodeLost, result?.ExitCode,
            result?.Signal, held.StartedAt, now);

    private static LastAttempt Last(Lease held, EndedAttempt ended) =>
        new(held.Token, held.Node.Id, ended.Reason, ended.ExitCode, ended.Signal, held.StartedAt);
}
