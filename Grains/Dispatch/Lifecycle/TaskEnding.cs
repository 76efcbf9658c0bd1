using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Failures;

namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>
/// The one place through which every task reaches its final state, whatever ended it: a result, a cancel, an expiry, or
/// the loss of its node. A task that is to be tried again does not end, and does not come here. Modules that must see
/// every end implement <see cref="IEndListener"/>. <see cref="Attempts"/> calls <see cref="End"/> for results, cancels
/// and losses, <see cref="DueTasks"/> for expiries, <see cref="Releases"/> for skips.
/// Runs of a job's chunks end here, too, except those that <see cref="ChunkRuns"/> drops, whose end does not matter.
/// </summary>
internal sealed class TaskEnding(OpenTasks tasks, LeaseBook leases, ChunkRuns chunks, DispatchModules modules)
{
    /// <summary>
    /// Ends an open task: puts its final row into the draft, releases its lease, and frees its slot of the task table.
    /// The commit of the draft also deletes the task's secrets, if any.
    /// A chunk run puts its chunk's end into the draft instead, unless another run of the chunk goes on.
    /// </summary>
    /// <param name="slot">The task's slot in the task table; free afterwards.</param>
    /// <param name="end">How the task ends.</param>
    /// <param name="now">The time, in Unix milliseconds of the wall clock.</param>
    /// <param name="draft">Where the changes go.</param>
    public void End(int slot, in TaskEnd end, long now, CommitDraft draft)
    {
        // The order matters: the row is made while the task still has its lease, and the lease names the slot, so it is
        // released before the slot is free for another task.
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
        // Keeps the result of an attempt that failed in this round, when the task is cancelled after that.
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
        // The chunk has ended with this run: a second run beside it is of no use.
        else if (isChunkEnded)
            chunks.DropOther(chunk, now, draft);
    }

    /// <summary>
    /// Gives a queued task the end that it had before a user retried it, because the retry is undone. No attempt was made
    /// since, so the task has no lease; it has no secrets and belongs to no workflow, because it could be retried alone.
    /// </summary>
    /// <param name="slot">The task's slot in the task table; free afterwards.</param>
    /// <param name="kept">What was kept at the retry.</param>
    /// <param name="draft">Where the changes go.</param>
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
