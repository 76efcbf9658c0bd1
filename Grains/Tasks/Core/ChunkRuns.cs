using OrleansTasks.Jobs;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The runs of jobs' chunks. A run goes through the states of a task and is no task for users: it has no row, no events and no place in
/// lists. The store has only that a chunk is open and how it ended. A chunk that takes too long gets a second run beside the first, with
/// one attempt; both stand for the same chunk. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// <code>
/// one run   --takes too long, a slot is free--> two runs
/// two runs  --one succeeds--> ended; the other is dropped by the same commit, so what it reports later is refused by its token
/// two runs  --the second fails--> one run: the first goes on
/// two runs  --the first fails for good--> one run: the second goes on in its place
/// one run   --succeeds or fails for good--> ended
/// </code>
/// </remarks>
internal sealed class ChunkRuns(OpenTasks tasks, LeaseBook leases)
{
    /// <summary>The priority at which every chunk run waits among the queue's tasks.</summary>
    private const byte Priority = 5;

    /// <summary>Adds the first run of a chunk that has none; the chunk is open from now on.</summary>
    public void Add(DispatchJob job, ChunkPlan plan, long now)
    {
        var chunk = new DispatchChunk(job, plan, isSecond: false);
        job.Open.Add(plan.No, tasks.AddChunk(job.ChunkId(plan.No), chunk, job.Retry, Priority, now));
    }

    /// <summary>
    /// Adds a second run of a chunk beside its only one, which is in the slot <paramref name="first"/> of the task table; returns the
    /// second run's slot. The run is queued: the caller assigns it to another node at once.
    /// </summary>
    public int AddSecond(DispatchJob job, int first, long now)
    {
        var plan = tasks[first].Chunk!.Plan;
        // The only run may be a former second one, which still has the second id: then the first id is free.
        var id = tasks[first].Id == job.SecondId(plan.No) ? job.ChunkId(plan.No) : job.SecondId(plan.No);
        var slot = tasks.AddChunk(
            id, new DispatchChunk(job, plan, isSecond: true), job.Retry with { MaxAttempts = 1 }, Priority, now);
        job.Seconds.Add(plan.No, slot);
        return slot;
    }

    /// <summary>
    /// A run of a chunk is over: its state is final, and its slot is not removed yet. True when the chunk has ended with it, which the
    /// draft then has for the store and for the job's grain; the caller removes the slot and calls <see cref="DropOther"/>. False when
    /// another run of the chunk goes on.
    /// </summary>
    /// <param name="slot">The run's slot in the task table.</param>
    /// <param name="held">The lease it ended with; null when no node held it.</param>
    /// <param name="result">What the node reported; null when the node was lost.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Where the ended chunk goes.</param>
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
                // The second run goes on as the first. It keeps its policy: its attempt is the chunk's last.
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
        draft.Chunks.Add(new ChunkWrite(job.No, null, ended, result?.Collected));
        draft.EndedOf(job.Id).Add(ended);
        return true;
    }

    /// <summary>
    /// A chunk has ended with one run: drops its other run, if there is one. What that run reports later is refused by its token.
    /// </summary>
    public void DropOther(DispatchChunk ended, long now, CommitDraft draft)
    {
        if ((ended.IsSecond ? ended.Job.Open : ended.Job.Seconds).Remove(ended.Plan.No, out var other))
            Drop(other, now, draft);
    }

    /// <summary>
    /// Drops all runs and parked chunks of a job: their nodes are told to kill them, and what they report later is refused by its token.
    /// The chunks stay in the store until the job's final write removes them.
    /// </summary>
    public void DropAll(DispatchJob job, long now, CommitDraft draft)
    {
        job.Parked.Clear();
        foreach (var slot in job.Open.Values.Concat(job.Seconds.Values).ToArray())
            Drop(slot, now, draft);
        job.Open.Clear();
        job.Seconds.Clear();
    }

    /// <summary>Removes a run in whatever state. The caller takes it out of its job's open or second runs.</summary>
    private void Drop(int slot, long now, CommitDraft draft)
    {
        if (tasks[slot].Lease is { } held)
        {
            draft.For(held.Node.Id, held.Node.Session).Kill.Add(leases.RefOf(held));
            leases.Release(held, now);
        }

        tasks.Remove(slot);
    }
}
