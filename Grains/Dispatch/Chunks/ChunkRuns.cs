using OrleansTasks.Jobs;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>
/// Adds, ends and drops the runs of data jobs' chunks. A chunk is a part of a job's items; a run is the execution of
/// one chunk. A run occupies a slot of the task table (<see cref="OpenTasks"/>, not a slot of a node) and goes through
/// the states, attempts and leases of a task, but users never see it: it has no row, no events and no place in lists.
/// The store only records that a chunk is open and how it ended, so after a restart every open chunk begins again with
/// a new run. <see cref="OpenJobs"/> adds first runs and drops all runs of a job, <see cref="Matching"/> adds second
/// runs, and <see cref="TaskEnding"/> reports the end of a run.
/// </summary>
/// <remarks>
/// A chunk that takes too long (<see cref="Stragglers"/>) gets a second run on another node. The first run to succeed
/// ends the chunk. <see cref="DispatchJob.Open"/> has the slots of the first runs, <see cref="DispatchJob.Seconds"/>
/// those of the second.
/// <code>
/// one run   --takes too long, another node has room--> two runs
/// two runs  --either succeeds--> ended; the other run is dropped in the same round
/// two runs  --the second fails for good--> one run: the first continues
/// two runs  --the first fails for good--> one run: the second continues as the first
/// one run   --succeeds or fails for good--> ended
/// </code>
/// "Fails for good" means that no attempt is left. A second run has one attempt. Like a first run, it is queued again,
/// and may then go to any node, when its node gives it back, or when its node is lost and the policy allows that.
/// <para>
/// A dropped run leaves the task table at once. Its worker is told to kill it; if that command is lost, the reply to
/// the worker's next heartbeat repeats it. A report on a dropped run changes nothing, because no lease has its
/// token.
/// </para>
/// <para>Times are Unix milliseconds.</para>
/// </remarks>
internal sealed class ChunkRuns(OpenTasks tasks, LeaseBook leases)
{
    /// <summary>
    /// The priority at which every chunk run waits among the queue's tasks, whose priorities are 0 to 9, 9 first.
    /// </summary>
    private const byte Priority = 5;

    /// <summary>Adds a queued first run of a chunk that has no run. The chunk counts as open from then on.</summary>
    public void Add(DispatchJob job, ChunkPlan plan, long now)
    {
        var chunk = new DispatchChunk(job, plan, isSecond: false);
        job.Open.Add(plan.No, tasks.AddChunk(job.ChunkId(plan.No), chunk, job.Retry, Priority, now));
    }

    /// <summary>
    /// Adds a queued second run of a chunk and returns its slot in the task table. The caller assigns the run to
    /// another node in the same round.
    /// </summary>
    /// <param name="job">The chunk's job.</param>
    /// <param name="first">The slot of the chunk's only run.</param>
    /// <param name="now">The time.</param>
    public int AddSecond(DispatchJob job, int first, long now)
    {
        var plan = tasks[first].Chunk!.Plan;
        // A second run that became the first keeps its id. The new second run then takes the id of first runs, which is
        // free.
        var id = tasks[first].Id == job.SecondId(plan.No) ? job.ChunkId(plan.No) : job.SecondId(plan.No);
        var slot = tasks.AddChunk(
            id, new DispatchChunk(job, plan, isSecond: true), job.Retry with { MaxAttempts = 1, Rules = null }, Priority, now);
        job.Seconds.Add(plan.No, slot);
        return slot;
    }

    /// <summary>
    /// Takes the end of a run, whose state is final and which is still in its slot. Returns true when the chunk has
    /// ended with the run: the draft then has how the chunk ended, for the store and for the job's grain. The caller
    /// removes the slot and then calls <see cref="DropOther"/>. Returns false when the chunk's other run continues; the
    /// caller only removes the slot.
    /// </summary>
    /// <param name="slot">The run's slot in the task table.</param>
    /// <param name="held">The lease of the run's last attempt; null when no node held the run.</param>
    /// <param name="result">What the node reported; null when the node was lost.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Receives the ended chunk.</param>
    public bool Ended(int slot, Lease? held, AttemptResult? result, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        var chunk = task.Chunk!;
        var (job, no) = (chunk.Job, chunk.Plan.No);
        (chunk.IsSecond ? job.Seconds : job.Open).Remove(no);
        if (task.State != TaskState.Succeeded)
        {
            if (chunk.IsSecond)
                return false;
            if (job.Seconds.Remove(no, out var second))
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

    /// <summary>
    /// Drops the other run of a chunk that has ended with one of its runs. Does nothing when there is no other run.
    /// </summary>
    /// <param name="ended">The run with which the chunk ended.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Receives the command to kill.</param>
    public void DropOther(DispatchChunk ended, long now, CommitDraft draft)
    {
        if ((ended.IsSecond ? ended.Job.Open : ended.Job.Seconds).Remove(ended.Plan.No, out var other))
            Drop(other, now, draft);
    }

    /// <summary>
    /// Drops all runs of a job that stops or ends, and its parked chunks, which have no run yet. The store keeps all of
    /// these chunks until it stores the job's final state, which removes them.
    /// </summary>
    public void DropAll(DispatchJob job, long now, CommitDraft draft)
    {
        job.Parked.Clear();
        foreach (var slot in job.Open.Values.Concat(job.Seconds.Values).ToArray())
            Drop(slot, now, draft);
        job.Open.Clear();
        job.Seconds.Clear();
    }

    /// <summary>
    /// Removes a run in any state from the task table, and has its node kill it. The caller removes the run from its
    /// job's first or second runs.
    /// </summary>
    private void Drop(int slot, long now, CommitDraft draft)
    {
        if (tasks[slot].Lease is { } held)
        {
            // To the node's current session, which may be later than the lease's: a node ignores commands for another
            // session.
            draft.For(held.Node.Id, held.Node.Session).Kill.Add(leases.RefOf(held));
            leases.Release(held, now);
        }

        tasks.Remove(slot);
    }
}
