using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Failures;

namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>
/// The only place where tasks reach their final states, whatever ends them. Modules that must see every end implement
/// <see cref="IEndListener"/>. Chunk runs also end here, except those that <see cref="ChunkRuns"/> drops, whose end
/// does not matter.
/// </summary>
internal sealed class TaskEnding(OpenTasks tasks, LeaseBook leases, ChunkRuns chunks, DispatchModules modules)
{
    /// <summary>
    /// Ends an open task: puts its final row into the draft, releases its lease, and frees its slot of the table. The
    /// commit also deletes the task's secrets. For a chunk run, puts the end of its chunk into the draft instead,
    /// unless another run of the chunk continues.
    /// </summary>
    public void End(int slot, in TaskEnd end, long now, CommitDraft draft)
    {
        // The order matters: the row is created while the task has its lease, and the lease, which names the slot, is
        // released before another task can get the slot.
        ref var task = ref tasks[slot];
        var held = task.Lease;
        tasks.Finish(ref task, slot, end.Trigger);
        var write = tasks.Record(draft, ref task);
        write.Row = write.Row with
        {
            EndedAt = now,
            Reason = end.Reason,
            CancelRequestedAt = Math.Max(write.Row.CancelRequestedAt, end.CancelRequestedAt),
        };
        // Without a lease, the row keeps the exit code and the signal of the attempt before.
        if (held is not null)
            write.Row = write.Row with { ExitCode = end.Result?.ExitCode, Signal = end.Result?.Signal };
        // A cancel keeps the result of an attempt that failed earlier in this round.
        write.Result = end.Result ?? write.Result;
        write.DropSecrets = task.HadSecrets;
        if (end.Trigger is TaskTrigger.Fail or TaskTrigger.Expire && task.Chunk is null)
            write.Fingerprint = end.Result is { } failed ? FailureFingerprint.Of(failed) : FailureFingerprint.Of(end.Reason);
        var chunk = task.Chunk;
        var ended = new WorkEnd(task.Id, task.State, end.Reason, task.No);
        var isChunkEnded = chunk is not null && chunks.Ended(slot, held, end.Result, now, draft);
        if (held is not null)
            leases.Release(held, now);
        tasks.Remove(slot);
        if (chunk is null)
            modules.Publish(ended, now, draft);
        // The chunk has ended with this run, so a second run is useless.
        else if (isChunkEnded)
            chunks.DropOther(chunk, now, draft);
    }

    /// <summary>
    /// Restores the end that a queued task had before a retry, because the retry is undone. The task has had no attempt
    /// since, so it has no lease. It could be retried by itself, so it has no secrets and belongs to no workflow.
    /// </summary>
    public void Withdraw(int slot, UndoRow kept, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        var trigger = kept.Before.State == TaskState.Failed ? TaskTrigger.UndoToFailed : TaskTrigger.UndoToCancelled;
        tasks.Finish(ref task, slot, trigger);
        var write = tasks.Record(draft, ref task);
        write.Row = kept.Before;
        write.IsOldEnd = true;
        write.Fingerprint = kept.Before.State == TaskState.Failed ? kept.Fingerprint : null;
        tasks.Remove(slot);
    }
}

/// <summary>How a task or chunk run ends: the argument of <see cref="TaskEnding.End"/>.</summary>
/// <param name="Trigger">
/// <see cref="TaskTrigger.Succeed"/>, <see cref="TaskTrigger.Fail"/>, <see cref="TaskTrigger.Cancel"/>,
/// <see cref="TaskTrigger.Skip"/> or <see cref="TaskTrigger.Expire"/>. Any other trigger throws.
/// </param>
/// <param name="Reason">Stored in the task's row as the reason why the latest attempt, if there was one, ended.</param>
/// <param name="Result">What the node reported; null if no node held the task, or it reported no end.</param>
/// <param name="CancelRequestedAt">
/// When the cancel was requested, in Unix milliseconds, if a cancel ends a task that no node holds. Otherwise 0: while
/// a node holds the task, <see cref="Lease.CancelRequestedAt"/> has the time.
/// </param>
internal readonly record struct TaskEnd(
    TaskTrigger Trigger, EndReason Reason, AttemptResult? Result = null, long CancelRequestedAt = 0);
