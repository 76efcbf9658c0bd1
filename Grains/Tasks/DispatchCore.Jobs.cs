using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    private const byte ChunkPriority = 5;
    private readonly Dictionary<TaskId, DispatchJob> jobs = [];
    private long jobEpoch = epoch << 20;

    /// <summary>Takes a stored open job in, when the partition is recovered. No grain may ask anything of it until it opens it.</summary>
    public void LoadJob(TaskId id, long no, JobSpec spec) => jobs.TryAdd(id, new DispatchJob(id, no, spec) { Epoch = ++jobEpoch });

    /// <summary>Takes a stored open chunk in. Its lease was written nowhere: it begins anew.</summary>
    public void LoadChunk(TaskId job, ChunkPlan chunk, long now)
    {
        if (jobs.TryGetValue(job, out var known))
            TakeChunk(known, chunk, now);
    }

    /// <summary>How many of a job's chunks wait and how many nodes hold.</summary>
    public ChunkCounts CountChunks(TaskId job)
    {
        var (waiting, running) = (0, 0);
        if (jobs.TryGetValue(job, out var known))
        {
            foreach (var slot in known.Open.Values)
            {
                if (tasks[slot].State.IsLeased())
                    running++;
                else
                    waiting++;
            }
        }

        return new ChunkCounts(waiting + (known?.Parked.Count ?? 0), running);
    }

    /// <summary>Does what a job's grain asks, if it is the one that opened the job last.</summary>
    /// <param name="request">What it asks.</param>
    /// <param name="spec">The spec of a new job; else null.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Where the changes go.</param>
    public JobReply Ask(JobRequest request, JobSpec? spec, long now, CommitDraft draft)
    {
        if (!jobs.TryGetValue(request.Job, out var job))
        {
            if (spec is null)
                return new JobReply(JobOutcome.NotOpen, 0, 0, default);
            job = new DispatchJob(request.Job, ++LastNo, spec) { Epoch = ++jobEpoch };
            jobs.Add(job.Id, job);
            isRingDue |= job.Ring is not null;
        }
        else if (request.Opens || spec is not null)
        {
            job.Epoch = ++jobEpoch;
            draft.NeedsOwner = true;
            // A repeated creation: it is stored, only its answer was lost.
            if (spec is not null)
                return new JobReply(JobOutcome.Done, job.Epoch, SlotsFor(job), default);
        }
        else if (request.Epoch != job.Epoch)
            return new JobReply(JobOutcome.Fenced, 0, 0, default);

        if (request.Window > 0)
            job.Window = request.Window;
        if (request.StopsChunks)
            DropChunks(job, now, draft);
        foreach (var chunk in request.Chunks)
        {
            if (TakeChunk(job, chunk, now))
                draft.Chunks.Add(new ChunkWrite(job.No, chunk, null));
        }

        if (request.Write is { } write)
            WriteJob(job, write, now, draft);
        if (request.Idempotency is { } entry)
            draft.Idempotency.Add(entry);
        return new JobReply(JobOutcome.Done, job.Epoch, SlotsFor(job), default);
    }

    private void WriteJob(DispatchJob job, JobWrite write, long now, CommitDraft draft)
    {
        draft.Jobs.Add(new JobCommit(job.No, job.Id, write));
        if (write.New is not null || write.State.IsFinal())
            draft.Events.Add(FeedEntry.OfJob(job.Id, write.State));
        if (!write.State.IsFinal())
            return;
        DropChunks(job, now, draft);
        jobs.Remove(job.Id);
    }

    private bool TakeChunk(DispatchJob job, ChunkPlan chunk, long now)
    {
        if (job.Open.ContainsKey(chunk.No))
            return false;
        if (job.Open.Count < job.Window && job.Parked.Count == 0)
            AddChunk(job, chunk, now);
        else
            job.Parked.Enqueue(chunk);
        return true;
    }

    /// <summary>Gives parked chunks the places of those that have ended.</summary>
    private void Unpark(long now)
    {
        foreach (var job in jobs.Values)
        {
            while (job.Open.Count < job.Window && job.Parked.TryDequeue(out var chunk))
                AddChunk(job, chunk, now);
        }
    }

    private void AddChunk(DispatchJob job, ChunkPlan chunk, long now)
    {
        job.Open.Add(chunk.No, AddSlot(job.ChunkId(chunk.No), new DispatchChunk(job, chunk, isSecond: false), now));
    }

    private int AddSlot(TaskId id, DispatchChunk chunk, long now)
    {
        var job = chunk.Job;
        var slot = tasks.Add(id);
        ref var task = ref tasks[slot];
        task.No = task.Order = ++LastNo;
        task.Chunk = chunk;
        task.Signature = signatures.Acquire(job.Requires, Limits.None, job.Ring);
        task.Policy = job.Retry;
        task.Priority = ChunkPriority;
        task.State = TaskState.Queued;
        task.QueuedAt = now;
        PushReady(ref task, slot);
        Count(task.State, 1);
        return slot;
    }

    /// <summary>Notes how a chunk ended, in the draft of the commit that checks its token.</summary>
    private static void EndChunk(in TaskSlot task, DispatchChunk chunk, Lease held, AttemptResult? result, long now, CommitDraft draft)
    {
        var ended = new EndedChunk(
            chunk.Plan.No, task.State, task.Attempt, held.Node.Id, result?.Reason ?? EndReason.NodeLost, result?.CpuTime ?? 0, now,
            result?.Report ?? default);
        if (task.State == TaskState.Succeeded)
            chunk.Job.Note(result?.RunTime ?? 0);
        draft.Chunks.Add(new ChunkWrite(chunk.Job.No, null, ended, result?.Collected));
        draft.EndedOf(chunk.Job.Id).Add(ended);
    }

    /// <summary>Forgets a job's open chunks; their holders are told to stop, and what they report is refused by its token.</summary>
    private void DropChunks(DispatchJob job, long now, CommitDraft draft)
    {
        job.Parked.Clear();
        foreach (var slot in job.Open.Values.Concat(job.Seconds.Values).ToArray())
            DropChunk(slot, now, draft);
    }

    private void DropChunk(int slot, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        if (task.Lease is { } held)
        {
            draft.For(held.Node.Id, held.Node.Session).Kill.Add(RefOf(in task, held));
            Release(held, now);
            Count(task.State, -1);
        }
        else
            Move(ref task, TaskTrigger.Cancel);
        Forget(ref task, slot);
    }

    private int SlotsFor(DispatchJob job)
    {
        var slots = 0;
        foreach (var node in nodes.Values)
        {
            if (node.Fleet is { Accepts: true } fleet && job.Requires.All(fleet.Labels.Contains))
                slots += fleet.Slots;
        }

        return slots;
    }
}
