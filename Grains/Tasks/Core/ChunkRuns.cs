using OrleansTasks.Jobs;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The runs of jobs' chunks. A chunk is run as a task is, and is no task in counts and events; only that it is there
/// and how it ended is written. A straggler has a second run, which is known in memory only and stands for the same
/// chunk.
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
    private const byte Priority = 5;

    /// <summary>Takes a chunk's first run in.</summary>
    public void Add(DispatchJob job, ChunkPlan plan, long now)
    {
        var chunk = new DispatchChunk(job, plan, isSecond: false);
        job.Open.Add(plan.No, tasks.AddChunk(job.ChunkId(plan.No), chunk, job.Retry, Priority, now));
    }

    /// <summary>Takes a second run of a chunk in, beside the one in a slot; gives the second one's slot.</summary>
    public int AddSecond(DispatchJob job, int first, long now)
    {
        var plan = tasks[first].Chunk!.Plan;
        // A second run that went on in the first one's place still has the second id.
        var id = tasks[first].Id == job.SecondId(plan.No) ? job.ChunkId(plan.No) : job.SecondId(plan.No);
        var slot = tasks.AddChunk(
            id, new DispatchChunk(job, plan, isSecond: true), job.Retry with { MaxAttempts = 1 }, Priority, now);
        job.Seconds.Add(plan.No, slot);
        return slot;
    }

    /// <summary>
    /// A run of a chunk is over; its state is final and its slot still there. True when the chunk has ended with it,
    /// which is then in the draft of the commit that checks the run's token.
    /// </summary>
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

    /// <summary>One run of a chunk has ended it: the other is over.</summary>
    public void DropOther(DispatchChunk ended, long now, CommitDraft draft)
    {
        if ((ended.IsSecond ? ended.Job.Open : ended.Job.Seconds).Remove(ended.Plan.No, out var other))
            Drop(other, now, draft);
    }

    /// <summary>
    /// Forgets all runs of a job; their nodes are told to stop, and what they report is refused by its token.
    /// </summary>
    public void DropAll(DispatchJob job, long now, CommitDraft draft)
    {
        job.Parked.Clear();
        foreach (var slot in job.Open.Values.Concat(job.Seconds.Values).ToArray())
            Drop(slot, now, draft);
        job.Open.Clear();
        job.Seconds.Clear();
    }

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
