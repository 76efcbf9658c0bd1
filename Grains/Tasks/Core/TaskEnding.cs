namespace OrleansTasks.Tasks;

/// <summary>
/// The one place through which every task reaches its final state, whatever ended it: a result, a cancel, an expiry, or
/// the loss of its node. Whoever has to know of every end (limits, workflows) is told here.
/// </summary>
internal sealed class TaskEnding(OpenTasks tasks, LeaseBook leases, ChunkRuns chunks)
{
    /// <summary>Ends a task: its final row goes into the draft, its lease and its place in memory are free.</summary>
    public void End(int slot, in TaskEnd end, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        var held = task.Lease;
        tasks.Finish(ref task, end.Trigger);
        var write = tasks.Record(draft, ref task);
        write.Row = write.Row with
        {
            EndedAt = now,
            Reason = end.Reason,
            CancelRequestedAt = Math.Max(write.Row.CancelRequestedAt, end.CancelRequestedAt),
        };
        if (held is not null)
            write.Row = write.Row with { ExitCode = end.Result?.ExitCode, Signal = end.Result?.Signal };
        // Keeps the result of an attempt that failed in this round, when the task is cancelled after that.
        write.Result = end.Result ?? write.Result;
        write.DropSecrets = task.HadSecrets;
        var chunk = task.Chunk;
        var counts = chunk is not null && chunks.Ended(slot, held, end.Result, now, draft);
        if (held is not null)
            leases.Release(held, now);
        tasks.Remove(slot);
        if (counts)
            chunks.DropOther(chunk!, now, draft);
    }
}
