using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Decides what happens to a task when its attempt starts, ends, is given back or is lost, and when a user cancels the
/// task. Chunk runs use the same methods. Changes go to memory and to the round's draft; if the commit fails, the
/// dispatcher discards its memory and reads the store again. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// "In place" means that the task keeps its order among tasks of its priority. In all rows but the first two, the task
/// is cancelled instead if a cancel was requested or is the reported reason.
/// <code>
/// the node confirms the start   running
/// exit code 0                   succeeded
/// any other end                 scheduled for a backoff, then queued in place; failed when no attempt is left
/// given back before the start   queued in place; not counted, and the next attempt gets the same number
/// given back after the start    queued in place; not counted, and stored as lost with its node
/// lost                          queued in place; failed when its budget of losses is used up (RetryBudget);
///                               if the policy's OnNodeLost is false, the same as "any other end"
/// </code>
/// Pass in only the task's current lease, as <see cref="LeaseBook"/> finds it. <see cref="End"/>, <see cref="PutBack"/>
/// and <see cref="Lose"/> release the lease: call only one of them, once.
/// </remarks>
internal sealed class Attempts(
    OpenTasks tasks, LeaseBook leases, TaskEnding ending, QueueLimits limits, NodeSet nodes, DispatchOptions options,
    IRandomness random)
{
    /// <summary>
    /// Moves the task to running, because its node has started the attempt. A repeated report is harmless.
    /// </summary>
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

    /// <summary>Applies the result of an attempt. Exit code 0 succeeds even after a cancel request.</summary>
    public void End(Lease held, AttemptResult result, long now, CommitDraft draft)
    {
        ref var task = ref tasks[held.Slot];
        // The start may have been reported late, or never: it was at least the run time (ms) ago, but not before the
        // assignment.
        var latest = Math.Max(held.AssignedAt, now - Math.Max(0, result.RunTime));
        held.StartedAt = held.StartedAt == 0 ? latest : Math.Min(held.StartedAt, latest);
        // Do not store a value if the task was not supposed to return one.
        if (!result.Value.IsEmpty && !task.Signature.Limits.HasFlag(Limits.Results))
            result = result with { Value = default };
        if (result.Artifacts is not null && !task.Signature.Limits.HasFlag(Limits.Files))
            result = result with { Artifacts = null };
        // A result implies a start: pass through running, because no transition leads from assigned to succeeded and
        // readers of events expect both changes. A failed spawn, a missing image, a loss or bad inputs imply no start.
        if (task.State == TaskState.Assigned
            && result is not { Reason: EndReason.SpawnFailed or EndReason.ImageUnavailable or EndReason.NodeLost }
            and not { Reason: EndReason.BadResult or EndReason.FileUnavailable, ExitCode: null })
        {
            leases.Confirm(held);
            tasks.Move(ref task, held.Slot, TaskTrigger.Confirm);
            tasks.Record(draft, ref task);
        }

        if (task is { Chunk: null, State: TaskState.Running } && result.Reason != EndReason.NodeLost)
        {
            tasks.Flow.Ended++;
            tasks.Flow.RunTime += Math.Max(0, now - held.StartedAt);
        }

        // The worker killed the attempt when its own term ended, even if the lease has not lapsed here.
        if (result.Reason == EndReason.NodeLost)
            Lose(held, now, draft, result);
        else if (result is { Reason: EndReason.Exit, ExitCode: 0 })
            Finish(held, TaskTrigger.Succeed, result, now, draft);
        else if (held.CancelRequestedAt != 0 || result.Reason == EndReason.Cancelled)
            Finish(held, TaskTrigger.Cancel, result, now, draft);
        else
            Fail(ref task, held, result, now, draft);
    }

    /// <summary>Takes back an attempt that never started, or that a worker killed because it shut down.</summary>
    public void PutBack(Lease held, long now, CommitDraft draft)
    {
        ref var task = ref tasks[held.Slot];
        var hasStarted = held.StartedAt != 0;
        if (held.CancelRequestedAt != 0 && hasStarted)
        {
            Finish(held, TaskTrigger.Cancel, null, now, draft);
            return;
        }

        // Call Ended first: it reads the attempt's number, which may change below.
        var ended = hasStarted ? Ended(in task, held, null, now) : null;
        leases.Release(held, now);
        if (ended is null)
        {
            task.Attempt--;
            if (task.Chunk is null)
                limits.TakeBack(held.AssignedAt, draft);
        }

        task.Detail = ended is null ? held.Before : Last(held, ended);
        if (held.CancelRequestedAt != 0)
        {
            var end = new TaskEnd(TaskTrigger.Cancel, CancelReason(held), CancelRequestedAt: held.CancelRequestedAt);
            ending.End(held.Slot, end, now, draft);
            return;
        }

        Requeue(ref task, held, TaskTrigger.PutBack, ended, now, draft);
    }

    /// <summary>
    /// Handles a lost attempt: its lease lapsed, its processes are dead, or its node no longer has it. The node may have
    /// reported how the attempt ended and what it wrote.
    /// </summary>
    public void Lose(Lease held, long now, CommitDraft draft, AttemptResult? result = null)
    {
        ref var task = ref tasks[held.Slot];
        if (held.CancelRequestedAt != 0)
            Finish(held, TaskTrigger.Cancel, result is null ? null : result with { Reason = EndReason.Cancelled }, now, draft);
        else if (!task.Policy.OnNodeLost)
            Fail(ref task, held, result, now, draft);
        else if (RetryBudget.IsLostTooOften(task.Policy, task.Failures, ++task.NodeLosses, options.MaxNodeLosses))
            Finish(held, TaskTrigger.Fail, result, now, draft);
        else
        {
            var ended = Ended(in task, held, result, now);
            leases.Release(held, now);
            task.Detail = Last(held, ended);
            Requeue(ref task, held, TaskTrigger.LoseNode, ended, now, draft, result);
        }
    }

    /// <summary>
    /// Cancels an open task. If no node holds it, it ends at once. Otherwise the request is stored and sent to the
    /// node, and the task ends with its attempt, which may still succeed. <see cref="LeaseBook"/> repeats lost
    /// requests. Returns <see cref="ControlOutcome.Unchanged"/> if a cancel was already requested.
    /// <paramref name="reason"/> is <see cref="EndReason.Cancelled"/> or <see cref="EndReason.Replaced"/>; a later
    /// request does not change it.
    /// </summary>
    public ControlOutcome Cancel(int slot, long now, CommitDraft draft, EndReason reason = EndReason.Cancelled)
    {
        ref var task = ref tasks[slot];
        if (task.Lease is not { } held)
        {
            ending.End(slot, new TaskEnd(TaskTrigger.Cancel, reason, CancelRequestedAt: now), now, draft);
            return ControlOutcome.Changed;
        }

        if (held.CancelRequestedAt != 0)
            return ControlOutcome.Unchanged;
        held.CancelRequestedAt = now;
        held.IsReplaced = reason == EndReason.Replaced;
        held.SentAt = now;
        draft.For(held.Node.Id, held.Node.Session).Cancel.Add(leases.RefOf(held));
        tasks.Record(draft, ref task, changed: false);
        return ControlOutcome.Changed;
    }

    // TaskEnding releases the lease. Without a result, the reason is the cancel or the lost node.
    private void Finish(Lease held, TaskTrigger trigger, AttemptResult? result, long now, CommitDraft draft)
    {
        // A replaced task ends as replaced even if its command failed before the cancel reached the node.
        var reason = trigger == TaskTrigger.Cancel && held.IsReplaced ? EndReason.Replaced
            : result?.Reason ?? (trigger == TaskTrigger.Cancel ? EndReason.Cancelled : EndReason.NodeLost);
        ending.End(held.Slot, new TaskEnd(trigger, reason, result), now, draft);
    }

    private static EndReason CancelReason(Lease held) => held.IsReplaced ? EndReason.Replaced : EndReason.Cancelled;

    // The result may be null if the attempt was lost.
    private void Fail(ref TaskSlot task, Lease held, AttemptResult? result, long now, CommitDraft draft)
    {
        var reason = result?.Reason ?? EndReason.NodeLost;
        if (RetryBudget.Spend(task.Policy, reason, result?.ExitCode, ref task.Failures, task.NodeLosses))
        {
            Finish(held, TaskTrigger.Fail, result, now, draft);
            return;
        }

        var ended = Ended(in task, held, result, now);
        leases.Release(held, now);
        task.Detail = Last(held, ended);
        // At least 1 ms: the wait must not end in this round.
        task.DueAt = now + Math.Max(1, RetryBackoff.Next(task.Policy, task.Failures.Total, random));
        var memory = reason == EndReason.OutOfMemory ? MemoryGrowth.After(task.Policy, task.Signature, nodes) : null;
        if (memory is { } bytes)
            tasks.ReserveMemory(ref task, bytes);
        tasks.Move(ref task, held.Slot, TaskTrigger.BackOff);
        var write = tasks.Record(draft, ref task);
        write.ReservedMemory = memory ?? write.ReservedMemory;
        write.Superseded = ended;
        write.Result = result;
    }

    // The caller has released the lease and replaced the task's detail. An attempt that never started is not stored.
    private void Requeue(
        ref TaskSlot task, Lease held, TaskTrigger trigger, EndedAttempt? ended, long now, CommitDraft draft, AttemptResult? result = null)
    {
        task.QueuedAt = now;
        tasks.Move(ref task, held.Slot, trigger);
        var write = tasks.Record(draft, ref task);
        write.Superseded ??= ended;
        // The next attempt, which may begin in the same commit, leaves the task's value.
        write.Result ??= result is null ? null : result with { Value = default };
    }

    private static EndedAttempt Ended(in TaskSlot task, Lease held, AttemptResult? result, long now) =>
        new(task.Attempt, held.Token, held.Node.Id, TaskState.Failed, result?.Reason ?? EndReason.NodeLost, result?.ExitCode,
            result?.Signal, held.StartedAt, now);

    private static LastAttempt Last(Lease held, EndedAttempt ended) =>
        new(held.Token, held.Node.Id, ended.Reason, ended.ExitCode, ended.Signal, held.StartedAt);
}
