using OrleansTasks.Jobs;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>
/// Adds, ends and drops runs of data job chunks. A run executes one chunk. Like a task, it has a slot in the task
/// table, states, attempts and leases; unlike a task, it has no stored row and no events, and appears in no list. The
/// store records only that a chunk is open and how it ended; after a restart, every open chunk begins again with a new
/// run. A straggler (<see cref="Stragglers"/>) gets a second run on another node. Times are Unix milliseconds.
/// <code>
/// one run   --takes too long, another node has room--> two runs
/// two runs  --either succeeds--> ended; the other run is dropped in the same round
/// two runs  --the second fails for good--> one run: the first continues
/// two runs  --the first fails for good--> one run: the second continues as the first
/// one run   --succeeds or fails for good--> ended
/// </code>
/// "For good" means that no attempt is left; a second run has only one. If its node gives it back, or is lost and the
/// policy requeues losses, a second run is queued again and may go to any node. The worker is ordered to kill a dropped
/// run; if that command is lost, the reply to its next heartbeat repeats it. Reports on a dropped run change nothing,
/// because no lease has its token.
/// </summary>
internal sealed class ChunkRuns(OpenTasks tasks, LeaseBook leases)
{
    // The priority of chunk runs among the queue's tasks, whose priorities range from 0 to 9, with 9 first.
    private const byte Priority = 5;

    /// <summary>Adds a queued first run of a chunk that has none, which opens the chunk.</summary>
    public void Add(DispatchJob job, ChunkPlan plan, long now)
    {
        var chunk = new DispatchChunk(job, plan, isSecond: false);
        job.Open.Add(plan.No, tasks.AddChunk(job.ChunkId(plan.No), chunk, job.Retry, Priority, now));
    }

    /// <summary>
    /// Adds a queued second run and returns its slot. The caller assigns the run to another node in the same round.
    /// </summary>
    public int AddSecond(DispatchJob job, int first, long now)
    {
        var plan = tasks[first].Chunk!.Plan;
        // A second run that became the first keeps its id; the new second run takes the free id of first runs.
        var id = tasks[first].Id == job.SecondId(plan.No) ? job.ChunkId(plan.No) : job.SecondId(plan.No);
        var slot = tasks.AddChunk(
            id, new DispatchChunk(job, plan, isSecond: true), job.Retry with { MaxAttempts = 1, Rules = null }, Priority, now);
        job.SecondRuns.Add(plan.No, slot);
        return slot;
    }

    /// <summary>
    /// Handles the end of a run, whose slot must still have the final state. A null result means a lost node. Returns
    /// true if the chunk has ended with the run: the caller removes the slot, then calls <see cref="DropOther"/>.
    /// Returns false if the other run continues.
    /// </summary>
    public bool Ended(int slot, Lease? held, AttemptResult? result, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        var chunk = task.Chunk!;
        var (job, no) = (chunk.Job, chunk.Plan.No);
        (chunk.IsSecond ? job.SecondRuns : job.Open).Remove(no);
        if (task.State != TaskState.Succeeded)
        {
            if (chunk.IsSecond)
                return false;
            if (job.SecondRuns.Remove(no, out var second))
            {
                // The second run becomes the first. It keeps its policy of one attempt: if that fails, the chunk fails.
                tasks[second].Chunk = new DispatchChunk(job, chunk.Plan, isSecond: false);
                job.Open.Add(no, second);
                return false;
            }
        }
        else
            job.Note(result?.RunTime ?? 0);

        var ended = new EndedChunk(
            no, task.State, task.Attempt, held?.Node.Id ?? "", result?.Reason ?? EndReason.NodeLost, result?.CpuTime ?? 0, now,
            result?.Report ?? default);
        draft.Chunks.Add(new ChunkWrite(job.No, null, ended, result?.Collected?.Bytes));
        draft.EndedOf(job.Id).Add(ended);
        return true;
    }

    /// <summary>Drops the other run, if any, of a chunk that ended with the given run.</summary>
    public void DropOther(DispatchChunk ended, long now, CommitDraft draft)
    {
        if ((ended.IsSecond ? ended.Job.Open : ended.Job.SecondRuns).Remove(ended.Plan.No, out var other))
            Drop(other, now, draft);
    }

    /// <summary>Drops a job's runs and parked chunks. The store keeps the chunks until the job's final state.</summary>
    public void DropAll(DispatchJob job, long now, CommitDraft draft)
    {
        job.Parked.Clear();
        foreach (var slot in job.Open.Values.Concat(job.SecondRuns.Values).ToArray())
            Drop(slot, now, draft);
        job.Open.Clear();
        job.SecondRuns.Clear();
    }

    // The caller removes the run from its job's first or second runs.
    private void Drop(int slot, long now, CommitDraft draft)
    {
        if (tasks[slot].Lease is { } held)
        {
            // Not the lease's session, which may be an earlier one: a node ignores commands for other sessions.
            draft.For(held.Node.Id, held.Node.Session).Kill.Add(leases.RefOf(held));
            leases.Release(held, now);
        }

        tasks.Remove(slot);
    }
}
