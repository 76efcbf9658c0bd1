using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The open jobs of a partition: which activation of a job's grain may ask for things, and which chunks are open or
/// parked. Only the grain that opened the job last is obeyed.
/// </summary>
internal sealed class OpenJobs(long epoch, OpenTasks tasks, NodeSet nodes, ChunkRuns chunks)
{
    private readonly Dictionary<TaskId, DispatchJob> jobs = [];
    private long lastEpoch = epoch << 20;

    public int Count => jobs.Count;

    public Dictionary<TaskId, DispatchJob>.ValueCollection All => jobs.Values;

    /// <summary>
    /// Takes a stored open job in, when the partition is recovered. No grain may ask anything of it until it opens it.
    /// </summary>
    public void Load(TaskId id, long no, JobSpec spec) => jobs.TryAdd(id, new DispatchJob(id, no, spec) { Epoch = ++lastEpoch });

    /// <summary>
    /// Takes a stored open chunk in. Its lease was written nowhere: it begins anew. Nothing happens when the job's grain has
    /// stopped its chunks meanwhile, or has brought the chunk itself.
    /// </summary>
    public void LoadChunk(TaskId job, ChunkPlan chunk, long now)
    {
        if (jobs.TryGetValue(job, out var known) && chunk.No < known.FirstNew)
            Take(known, chunk, now);
    }

    /// <summary>How many of a job's chunks wait and how many nodes hold.</summary>
    public ChunkCounts CountChunks(TaskId job)
    {
        if (!jobs.TryGetValue(job, out var known))
            return default;
        var running = known.Open.Values.Count(slot => tasks[slot].State.IsLeased());
        return new ChunkCounts(known.Open.Count - running + known.Parked.Count, running);
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
            job = new DispatchJob(request.Job, tasks.NextNo(), spec) { Epoch = ++lastEpoch };
            jobs.Add(job.Id, job);
        }
        else if (request.Opens || spec is not null)
        {
            job.Epoch = ++lastEpoch;
            draft.NeedsOwner = true;
            // A repeated creation: it is stored, only its answer was lost.
            if (spec is not null)
                return Done(job);
        }
        else if (request.Epoch != job.Epoch)
            return new JobReply(JobOutcome.Fenced, 0, 0, default);

        if (request.Window > 0)
            job.Window = request.Window;
        if (request.StopsChunks)
        {
            chunks.DropAll(job, now, draft);
            job.FirstNew = 0;
        }

        foreach (var chunk in request.Chunks)
        {
            job.FirstNew = Math.Min(job.FirstNew, chunk.No);
            if (Take(job, chunk, now))
                draft.Chunks.Add(new ChunkWrite(job.No, chunk, null));
        }

        if (request.Write is { } write)
            Write(job, write, now, draft);
        if (request.Idempotency is { } entry)
            draft.Idempotency.Add(entry);
        return Done(job);
    }

    /// <summary>Gives parked chunks the places of those that have ended.</summary>
    public void Unpark(long now)
    {
        foreach (var job in jobs.Values)
        {
            while (job.Open.Count < job.Window && job.Parked.TryDequeue(out var chunk))
                chunks.Add(job, chunk, now);
        }
    }

    /// <summary>The wall clock was set by so many milliseconds.</summary>
    public void ClockStepped(long by)
    {
        foreach (var slot in jobs.Values.SelectMany(static job => job.Open.Values.Concat(job.Seconds.Values)))
        {
            if (tasks[slot].Lease is { StartedAt: > 0 } held)
                held.StartedAt += by;
        }
    }

    private JobReply Done(DispatchJob job) => new(JobOutcome.Done, job.Epoch, nodes.CountSlots(job.Requires), default);

    private void Write(DispatchJob job, JobWrite write, long now, CommitDraft draft)
    {
        draft.Jobs.Add(new JobCommit(job.No, job.Id, write));
        if (write.New is not null || write.State.IsFinal())
            draft.Events.Add(FeedEntry.OfJob(job.Id, write.State));
        if (!write.State.IsFinal())
            return;
        chunks.DropAll(job, now, draft);
        jobs.Remove(job.Id);
    }

    private bool Take(DispatchJob job, ChunkPlan chunk, long now)
    {
        if (job.Open.ContainsKey(chunk.No))
            return false;
        if (job.Open.Count < job.Window && job.Parked.Count == 0)
            chunks.Add(job, chunk, now);
        else
            job.Parked.Enqueue(chunk);
        return true;
    }
}
