using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The open jobs of a partition: which activation of a job's grain may ask for things, and which chunks are open or
/// parked. Only the activation that created or opened the job last is obeyed. Memory changes at once; when the commit fails, the core is
/// dropped and the store is read anew. Times are Unix milliseconds.
/// </summary>
/// <param name="epoch">The partition's epoch.</param>
/// <param name="tasks">The open tasks, among them the chunks' runs.</param>
/// <param name="nodes">The nodes, whose slots are told to jobs.</param>
/// <param name="chunks">Starts and drops the chunks' runs.</param>
internal sealed class OpenJobs(long epoch, OpenTasks tasks, NodeSet nodes, ChunkRuns chunks)
{
    private readonly Dictionary<TaskId, DispatchJob> jobs = [];

    /// <summary>
    /// The last job epoch given. Those of a new owner of the partition are larger than all that an earlier owner has given, unless that
    /// one gave a million.
    /// </summary>
    private long lastEpoch = epoch << 20;

    public int Count => jobs.Count;

    /// <summary>The open jobs; <see cref="Load"/> and <see cref="Ask"/> change what is enumerated.</summary>
    public Dictionary<TaskId, DispatchJob>.ValueCollection All => jobs.Values;

    /// <summary>
    /// Takes a stored open job in, when the partition is recovered. Requests about it are refused until the job's grain has opened it
    /// again, since no grain knows the job epoch that is given here.
    /// </summary>
    public void Load(TaskId id, long no, JobSpec spec) => jobs.TryAdd(id, new DispatchJob(id, no, spec) { Epoch = ++lastEpoch });

    /// <summary>
    /// Takes a stored open chunk in, when the partition is recovered: once for each chunk, by rising number. Leases of chunk runs are
    /// written nowhere, so the chunk begins anew with its first attempt. Nothing happens when the job is not open any more, or when its
    /// grain has stopped the job's chunks or brought this chunk meanwhile.
    /// </summary>
    public void LoadChunk(TaskId job, ChunkPlan chunk, long now)
    {
        if (jobs.TryGetValue(job, out var known) && chunk.No < known.FirstNew)
            Take(known, chunk, now);
    }

    /// <summary>
    /// How many of a job's chunks wait, parked ones included, and how many nodes hold; none when the job is not open. A chunk with two
    /// runs counts once. Stored chunks that recovery has not read yet are missing.
    /// </summary>
    public ChunkCounts CountChunks(TaskId job)
    {
        if (!jobs.TryGetValue(job, out var known))
            return default;
        var running = known.Open.Values.Count(slot => tasks[slot].State.IsLeased());
        return new ChunkCounts(known.Open.Count - running + known.Parked.Count, running);
    }

    /// <summary>
    /// Does what a job's grain asks, if its job epoch is the latest. Chunks are stopped before new ones are taken in. A chunk is brought
    /// once: a repeat of a parked one would park it twice. The grain's activation ends after every request that failed.
    /// </summary>
    /// <param name="request">What it asks.</param>
    /// <param name="spec">The spec, when the request creates the job; null in all other requests.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Where the changes go.</param>
    public JobReply Ask(JobRequest request, JobSpec? spec, long now, CommitDraft draft)
    {
        // Also where nothing is to be written: a dispatcher that was replaced and does not know it must not confirm anything.
        draft.NeedsOwner = true;
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
            // A repeated creation: the job is in memory, with its chunks, and stored or in this round's draft. Only the answer was lost.
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

    /// <summary>Opens parked chunks in the places of those that have ended; once a round, before tasks are assigned.</summary>
    public void Unpark(long now)
    {
        foreach (var job in jobs.Values)
        {
            while (job.Open.Count < job.Window && job.Parked.TryDequeue(out var chunk))
                chunks.Add(job, chunk, now);
        }
    }

    /// <summary>
    /// The wall clock was set by so many milliseconds: the start of every chunk run moves with it, since <see cref="Stragglers"/> counts
    /// from it. A task's start is a time of day and stays.
    /// </summary>
    public void ClockStepped(long by)
    {
        foreach (var slot in jobs.Values.SelectMany(static job => job.Open.Values.Concat(job.Seconds.Values)))
        {
            if (tasks[slot].Lease is { StartedAt: > 0 } held)
                held.StartedAt += by;
        }
    }

    /// <summary>The reply to a request that was done, with the slots of all nodes that take work and carry the job's labels.</summary>
    private JobReply Done(DispatchJob job) => new(JobOutcome.Done, job.Epoch, nodes.CountSlots(job.Requires), default);

    /// <summary>Puts a job's row into the draft. A final one ends the job here: its runs are dropped.</summary>
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

    /// <summary>Opens a chunk, or parks it when the window is full or others are parked before it; false when it is open already.</summary>
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
