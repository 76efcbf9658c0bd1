using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Decides what happens to a task when its attempt starts, ends, is given back or is lost, and when a user cancels the
/// task. <see cref="DispatchCore"/> calls it for reports of nodes, for leases that are lost, and for cancels. A lease
/// is the right of one node to run one attempt. The runs of jobs' chunks go through the same methods. Each change is
/// made in memory and put into the round's draft. The dispatcher then commits the draft; if the commit fails, the
/// dispatcher drops its memory and reads the store anew. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// What becomes of the task. "In place" means that the task keeps its order among its priority. A task that a user has
/// cancelled is cancelled in every row but the first two.
/// <code>
/// the node confirms the start             running
/// exit code 0                             succeeded
/// any other end                           waits for a backoff, then queued in place; failed when no attempt is left
/// given back before the start             queued in place; nothing is counted and the attempt's number is given again
/// given back after the start              queued in place; nothing is counted
/// lost                                    queued in place; failed after too many losses; by some retry policies
///                                         the same as "any other end"
/// </code>
/// The caller of <see cref="Confirm"/>, <see cref="End"/>, <see cref="PutBack"/> and <see cref="Lose"/> passes a lease
/// that <see cref="LeaseBook"/> has found to be its task's current one. The last three release it: call one of them,
/// once.
/// </remarks>
internal sealed class Attempts(
    OpenTasks tasks, LeaseBook leases, TaskEnding ending, QueueLimits limits, DispatchOptions options, IRandomness random)
{
    /// <summary>
    /// The node has taken an attempt up: its task is running from now on. A repeated report changes nothing in the
    /// task.
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

    /// <summary>
    /// The node has reported how an attempt ended. Exit code 0 succeeds even when a cancel was requested. The worker
    /// reports <see cref="EndReason.NodeLost"/> for an attempt that it killed because it could not renew the lease in
    /// time: that is a loss (<see cref="Lose"/>). Any other end cancels the task if a cancel was requested or the
    /// worker names a cancel as the reason; else it is a failure that counts.
    /// </summary>
    public void End(Lease held, AttemptResult result, long now, CommitDraft draft)
    {
        ref var task = ref tasks[held.Slot];
        // The report of the start did not arrive: reckon the start back from now by RunTime (ms), but not before the
        // assignment. An attempt that never started gets the time of this report.
        if (held.StartedAt == 0)
            held.StartedAt = Math.Max(held.AssignedAt, now - Math.Max(0, result.RunTime));
        // A result of a task that was to have none would be stored for nothing.
        if (!result.Value.IsEmpty && !task.Signature.Limits.HasFlag(Limits.Results))
            result = result with { Value = default };
        // The result implies a start that was not reported: move the task to running first, because the state machine
        // has no way from assigned to succeeded, and so that readers of the events see both changes. A failed spawn is
        // no start, a lost attempt may never have started, and bad inputs are found before the start.
        if (task.State == TaskState.Assigned && result is not { Reason: EndReason.SpawnFailed or EndReason.NodeLost }
            and not { Reason: EndReason.BadResult, ExitCode: null })
        {
            leases.Confirm(held);
            tasks.Move(ref task, held.Slot, TaskTrigger.Confirm);
            tasks.Record(draft, ref task);
        }

        // A loss, even if the lease has not lapsed here: the worker counts its own term, and has killed the attempt.
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
    /// The node gives an attempt back: the task is queued in its place and nothing is counted. An attempt that never
    /// started, for example because the node had no room, leaves no trace: the next attempt gets its number. An attempt
    /// that started was killed because its worker shut down: it keeps its number and is stored as lost with its node. A
    /// task with a requested cancel is cancelled instead.
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

        // First, because Ended reads the attempt's number, which may change below.
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
            var end = new TaskEnd(TaskTrigger.Cancel, EndReason.Cancelled, CancelRequestedAt: held.CancelRequestedAt);
            ending.End(held.Slot, end, now, draft);
            return;
        }

        Requeue(ref task, held, TaskTrigger.PutBack, ended, now, draft);
    }

    /// <summary>
    /// The attempt is lost and nobody knows how far it got: its lease lapsed, its processes are known to be dead, or
    /// its node does not have it any more. The task is queued in its place until its budget of losses is used up
    /// (<see cref="RetryBudget"/>); that loss fails it. The budget is its policy's for node-lost, or one more than
    /// <see cref="DispatchOptions.MaxNodeLosses"/>. When the policy's <see cref="RetryPolicy.OnNodeLost"/> is false, a loss counts as
    /// a failed attempt instead. A task with a requested cancel is cancelled.
    /// </summary>
    public void Lose(Lease held, long now, CommitDraft draft)
    {
        ref var task = ref tasks[held.Slot];
        if (held.CancelRequestedAt != 0)
            Finish(held, TaskTrigger.Cancel, null, now, draft);
        else if (!task.Policy.OnNodeLost)
            Fail(ref task, held, null, now, draft);
        else if (RetryBudget.IsLostTooOften(task.Policy, task.Failures, ++task.NodeLosses, options.MaxNodeLosses))
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
    /// Cancels an open task. A task that no node holds ends at once. Otherwise the request is stored and sent to the
    /// node; the task ends when the node reports the attempt's end or is lost, and may still succeed. A request that is
    /// lost on the way is sent again at the node's heartbeats (<see cref="LeaseBook"/>).
    /// </summary>
    /// <param name="slot">The task's slot in the task table.</param>
    /// <param name="now">The current time.</param>
    /// <param name="draft">Where the changes and the command to the node go.</param>
    /// <returns><see cref="ControlOutcome.Unchanged"/> when a cancel was requested before.</returns>
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

    /// <summary>
    /// Ends the task together with its attempt, and releases the lease. Without a result, the reason is the cancel or
    /// the lost node.
    /// </summary>
    private void Finish(Lease held, TaskTrigger trigger, AttemptResult? result, long now, CommitDraft draft)
    {
        var reason = result?.Reason ?? (trigger == TaskTrigger.Cancel ? EndReason.Cancelled : EndReason.NodeLost);
        ending.End(held.Slot, new TaskEnd(trigger, reason, result), now, draft);
    }

    /// <summary>
    /// Counts a failed attempt: the task waits for its backoff, or ends when no attempt is left.
    /// <paramref name="result"/> is null when the attempt was lost.
    /// </summary>
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
        // At least 1 ms, so that the wait does not end in this round.
        task.DueAt = now + Math.Max(1, Backoff.Next(task.Policy, task.Failures.Total, random));
        tasks.Move(ref task, held.Slot, TaskTrigger.BackOff);
        var write = tasks.Record(draft, ref task);
        write.Superseded = ended;
        write.Result = result;
    }

    /// <summary>
    /// Queues the task in its place. The caller has released the lease and replaced the task's detail by what is known
    /// of the attempt before. <paramref name="ended"/> is the attempt to store; null when it never started.
    /// </summary>
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
