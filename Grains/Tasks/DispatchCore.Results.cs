using OrleansTasks.Nodes;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    /// <summary>
    /// Takes what a node reports. Only the holder of an attempt's current token can change its task: all else is passed over,
    /// and settled thereby, once it is sure that this is still the owner: an activation that was replaced without knowing it has
    /// never heard of its successor's leases, and must not settle their results.
    /// </summary>
    public void Report(NodeReport report, long now, CommitDraft draft)
    {
        if (nodes.TryGetValue(report.Node, out var node))
        {
            node.EnterSession(report.Session);
            Rank(node);
        }

        foreach (var started in report.Started)
        {
            if (TryHold(started, out var slot, out var held))
                Confirm(ref tasks[slot], held, now, draft);
        }

        foreach (var result in report.Results)
        {
            if (TryHold(result.Lease, out var slot, out var held))
                End(ref tasks[slot], slot, held, result, now, draft);
            else
                draft.NeedsOwner = true;
        }

        Refuse(report.Refused, now, draft);
        Refuse(report.Unable ?? [], now, draft);
    }

    private void Refuse(ImmutableArray<LeaseRef> leases, long now, CommitDraft draft)
    {
        foreach (var refused in leases)
        {
            if (!TryHold(refused, out var slot, out var held))
                continue;
            Rest(held, now);
            PutBack(ref tasks[slot], slot, held, now, draft);
        }
    }

    private bool TryHold(LeaseRef reference, out int slot, out Lease held)
    {
        held = null!;
        if (!tasks.TryFind(reference.Task, out slot) || tasks[slot].Lease is not { } current || current.Token != reference.Token)
            return false;
        held = current;
        return true;
    }

    private void Confirm(ref TaskSlot task, Lease held, long now, CommitDraft draft)
    {
        held.MissingSince = 0;
        if (task.State != TaskState.Assigned)
            return;
        held.StartedAt = now;
        Move(ref task, TaskTrigger.Confirm);
        Write(draft, ref task);
    }

    private void End(ref TaskSlot task, int slot, Lease held, AttemptResult result, long now, CommitDraft draft)
    {
        if (held.StartedAt == 0)
            held.StartedAt = Math.Max(held.AssignedAt, now - Math.Max(0, result.RunTime));
        // A result implies the start that was not told before it; followers of the events see both.
        if (task.State == TaskState.Assigned && result.Reason is not (EndReason.SpawnFailed or EndReason.NodeLost))
        {
            Move(ref task, TaskTrigger.Confirm);
            Write(draft, ref task);
        }

        // The worker killed it since it could not renew the lease in time: the lease may stand here, the attempt does not.
        if (result.Reason == EndReason.NodeLost)
            LoseNode(held, now, draft);
        else if (result is { Reason: EndReason.Exit, ExitCode: 0 })
            Finish(ref task, slot, held, TaskTrigger.Succeed, result, now, draft);
        else if (held.CancelRequestedAt != 0 || result.Reason == EndReason.Cancelled)
            Finish(ref task, slot, held, TaskTrigger.Cancel, result, now, draft);
        else if (++task.Failures >= task.Policy.MaxAttempts)
            Finish(ref task, slot, held, TaskTrigger.Fail, result, now, draft);
        else
            BackOff(ref task, slot, held, result, now, draft);
    }

    private void Finish(
        ref TaskSlot task, int slot, Lease held, TaskTrigger trigger, AttemptResult? result, long now, CommitDraft draft)
    {
        Move(ref task, trigger);
        var write = Write(draft, ref task);
        write.Row = write.Row with
        {
            EndedAt = now,
            Reason = result?.Reason ?? (trigger == TaskTrigger.Cancel ? EndReason.Cancelled : EndReason.NodeLost),
            ExitCode = result?.ExitCode,
            Signal = result?.Signal,
        };
        write.Result = result;
        write.DropSecrets = task.HadSecrets;
        var chunk = task.Chunk;
        // A second run that fails changes nothing: the first goes on.
        var counts = chunk is not null && !(chunk.IsSecond && trigger != TaskTrigger.Succeed);
        if (counts)
            EndChunk(in task, chunk!, held, result, now, draft);
        Release(held, now);
        Forget(ref task, slot);
        if (counts)
            DropOther(chunk!, now, draft);
    }

    private void BackOff(ref TaskSlot task, int slot, Lease held, AttemptResult? result, long now, CommitDraft draft)
    {
        var ended = Ended(in task, held, result, TaskState.Failed, now);
        Release(held, now);
        task.Detail = new LastAttempt(held.Token, held.Node.Id, ended.Reason, ended.ExitCode, ended.Signal, held.StartedAt);
        task.DueAt = now + Math.Max(1, Backoff.Next(task.Policy, task.Failures, random));
        Move(ref task, TaskTrigger.BackOff);
        WatchTimes(ref task, slot);
        var write = Write(draft, ref task);
        write.Superseded = ended;
        write.Result = result;
    }

    /// <summary>
    /// The node gives an attempt back: the task returns to its place and nothing is counted. An attempt that never started has
    /// not taken place, and its number is given again; one that did keeps its number, so that the next one is later.
    /// </summary>
    private void PutBack(ref TaskSlot task, int slot, Lease held, long now, CommitDraft draft)
    {
        if (held.CancelRequestedAt != 0)
        {
            PutBackCancelled(ref task, slot, held, now, draft);
            return;
        }

        var ended = held.StartedAt != 0 ? Ended(in task, held, null, TaskState.Failed, now) : null;
        Release(held, now);
        LeaveAttempt(ref task, held, ended);
        Move(ref task, TaskTrigger.PutBack);
        task.QueuedAt = now;
        PushReady(ref task, slot);
        WatchTimes(ref task, slot);
        var write = Write(draft, ref task);
        write.Superseded ??= ended;
    }

    private void PutBackCancelled(ref TaskSlot task, int slot, Lease held, long now, CommitDraft draft)
    {
        if (held.StartedAt != 0)
        {
            Finish(ref task, slot, held, TaskTrigger.Cancel, null, now, draft);
            return;
        }

        Release(held, now);
        LeaveAttempt(ref task, held, null);
        Move(ref task, TaskTrigger.Cancel);
        var write = Write(draft, ref task);
        write.Row = write.Row with { EndedAt = now, CancelRequestedAt = held.CancelRequestedAt, Reason = EndReason.Cancelled };
        write.DropSecrets = task.HadSecrets;
        Forget(ref task, slot);
    }

    private static void LeaveAttempt(ref TaskSlot task, Lease held, EndedAttempt? ended)
    {
        if (ended is null)
            task.Attempt--;
        task.Detail = ended is null
            ? held.Before
            : new LastAttempt(held.Token, held.Node.Id, ended.Reason, null, null, held.StartedAt);
    }

    /// <summary>Whatever happened to the attempt, nobody will tell: another node shall run the task, within bounds.</summary>
    private void LoseNode(Lease held, long now, CommitDraft draft)
    {
        var slot = held.Slot;
        ref var task = ref tasks[slot];
        if (held.CancelRequestedAt != 0)
            Finish(ref task, slot, held, TaskTrigger.Cancel, null, now, draft);
        else if (!task.Policy.OnNodeLost)
        {
            if (++task.Failures >= task.Policy.MaxAttempts)
                Finish(ref task, slot, held, TaskTrigger.Fail, null, now, draft);
            else
                BackOff(ref task, slot, held, null, now, draft);
        }
        else if (++task.NodeLosses > options.MaxNodeLosses)
            Finish(ref task, slot, held, TaskTrigger.Fail, null, now, draft);
        else
            Requeue(ref task, slot, held, now, draft);
    }

    private void Requeue(ref TaskSlot task, int slot, Lease held, long now, CommitDraft draft)
    {
        var ended = Ended(in task, held, null, TaskState.Failed, now);
        Release(held, now);
        task.Detail = new LastAttempt(held.Token, held.Node.Id, ended.Reason, null, null, held.StartedAt);
        Move(ref task, TaskTrigger.LoseNode);
        task.QueuedAt = now;
        PushReady(ref task, slot);
        Write(draft, ref task).Superseded = ended;
    }

    private static EndedAttempt Ended(in TaskSlot task, Lease held, AttemptResult? result, TaskState state, long now) =>
        new(task.Attempt, held.Token, held.Node.Id, state, result?.Reason ?? EndReason.NodeLost, result?.ExitCode,
            result?.Signal, held.StartedAt, now);

    private void Release(Lease held, long now)
    {
        var node = held.Node;
        node.Leases.Remove(held.Token);
        if (node.Leases.Count == 0)
            node.IdleSince = now;
        if (held.IsCurrent)
        {
            node.CurrentLeases--;
            node.Digest ^= held.Token.Digest;
        }

        Rank(node);
    }
}
