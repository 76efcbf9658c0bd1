using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>
/// The open data jobs of a queue. A job's grain cuts the job's items into chunks and decides when the job ends; its
/// requests come in through <see cref="DispatchCore.AskJob"/>. This type checks that a request comes from the latest
/// activation of the grain, puts the changes into the draft of the round's commit, and has the chunks run like tasks of
/// the queue. Memory changes at once; when the commit fails, the dispatcher drops this object with its core and reads
/// the store anew. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// A job epoch is the number that an activation of the job's grain receives when it creates or opens the job. A new job
/// epoch voids the earlier ones: <see cref="Ask"/> refuses an activation that was replaced.
/// A chunk is open while it has a run, which waits for a node or is held by one.
/// When as many chunks are open as the job's window allows, further ones are parked: stored, but without a run until an
/// open chunk has ended.
/// </remarks>
/// <param name="epoch">The queue's epoch.</param>
/// <param name="tasks">The open tasks and chunk runs.</param>
/// <param name="nodes">The nodes, whose slots every reply to a job counts.</param>
/// <param name="chunks">Adds and drops chunk runs.</param>
/// <param name="modules">Gets the ends of jobs.</param>
internal sealed class OpenJobs(long epoch, OpenTasks tasks, NodeSet nodes, ChunkRuns chunks, DispatchModules modules)
{
    private readonly Dictionary<TaskId, DispatchJob> jobs = [];

    /// <summary>
    /// The last job epoch given. It begins with the queue's epoch in the higher bits: so job epochs are larger than
    /// all that an earlier owner of the queue gave, unless that owner gave a million.
    /// </summary>
    private long lastEpoch = epoch << 20;

    public int Count => jobs.Count;

    /// <summary>
    /// All open jobs. <see cref="Load"/> and <see cref="Ask"/> change the collection: do not call them while
    /// enumerating.
    /// </summary>
    public Dictionary<TaskId, DispatchJob>.ValueCollection All => jobs.Values;

    /// <summary>
    /// Takes in a stored open job, when the queue is recovered. No grain knows the job epoch that the job gets
    /// here, so <see cref="Ask"/> answers <see cref="JobOutcome.Fenced"/> until an activation of the job's grain opens
    /// the job or repeats its creation.
    /// </summary>
    public void Load(TaskId id, long no, JobSpec spec) => jobs.TryAdd(id, new DispatchJob(id, no, spec) { Epoch = ++lastEpoch });

    /// <summary>
    /// Takes in a stored open chunk, when the queue is recovered. Called once for each chunk, by rising number.
    /// The chunk begins again with a first attempt, since leases of chunk runs are not stored; what an earlier run of
    /// it reports is ignored. Nothing happens when the job has ended meanwhile, or when its grain has meanwhile stopped
    /// the job's chunks or brought this chunk itself (<see cref="DispatchJob.FirstNew"/>).
    /// </summary>
    public void LoadChunk(TaskId job, ChunkPlan chunk, long now)
    {
        if (jobs.TryGetValue(job, out var known) && chunk.No < known.FirstNew)
            OpenOrPark(known, chunk, now);
    }

    /// <summary>
    /// How many of a job's chunks wait, parked ones included, and how many are held by a node; zeros when the job is
    /// not open. A chunk with two runs counts once, by its first run. Chunks that recovery has not read yet are
    /// missing.
    /// </summary>
    public ChunkCounts CountChunks(TaskId job)
    {
        if (!jobs.TryGetValue(job, out var known))
            return default;
        var running = known.Open.Values.Count(slot => tasks[slot].State.IsLeased());
        return new ChunkCounts(known.Open.Count - running + known.Parked.Count, running);
    }

    /// <summary>
    /// The runs of a job's chunks that a node holds or that had an attempt; none when the job is not open. A chunk
    /// that is parked, or waits for its first attempt, is not among them.
    /// </summary>
    public JobRuns RunsOf(TaskId job, long now)
    {
        if (!jobs.TryGetValue(job, out var known))
            return JobRuns.None;
        var runs = ImmutableArray.CreateBuilder<ChunkRun>();
        foreach (var (no, slot) in known.Open)
        {
            ref var task = ref tasks[slot];
            if (task.Attempt == 0)
                continue;
            var startedAt = task.Lease?.StartedAt ?? 0;
            var second = known.Seconds.TryGetValue(no, out var other) ? tasks[other].Lease?.Node.Id : null;
            runs.Add(new ChunkRun(
                no, task.Attempt, task.Lease?.Node.Id, startedAt > 0 ? Math.Max(0, now - startedAt) : null, second,
                second is not null || Stragglers.IsOne(known, startedAt, now)));
        }

        return new JobRuns(runs.DrainToImmutable());
    }

    /// <summary>Whether a job is open.</summary>
    public bool IsOpen(TaskId id) => jobs.ContainsKey(id);

    /// <summary>Whether a job is open and its chunks go to the nodes in turn.</summary>
    public bool TakesTurns(TaskId id) => jobs.TryGetValue(id, out var job) && job.Ring is not null;

    /// <summary>
    /// Adds a new job without chunks, for a schedule or a workflow's node. The job's grain is called after the commit, and by the silo's
    /// upkeep if that call is lost; it reads the job from the store as it does after a restart, and cuts the chunks.
    /// </summary>
    /// <param name="id">The job's id, not in use.</param>
    /// <param name="text">The job's spec as JSON in UTF-8.</param>
    /// <param name="draft">Where the changes go.</param>
    /// <exception cref="FormatException">The spec cannot be read.</exception>
    public void Start(TaskId id, byte[] text, CommitDraft draft)
    {
        var spec = JobSpecReader.ReadStored(text);
        var job = new DispatchJob(id, tasks.NextNo(), spec) { Epoch = ++lastEpoch };
        jobs.Add(id, job);
        var submission = new JobSubmission(spec.Name, spec.Labels, text, JobHead.Of(spec).ToBytes());
        draft.Jobs.Add(new JobCommit(job.No, id, new JobWrite(
            JobState.Running, StartedAt: 0, EndedAt: 0, CancelRequestedAt: 0, IsClosed: false, Reason: null,
            Progress: null, submission, Folded: [])));
        draft.Events.Add(FeedEntry.OfJob(id, JobState.Running));
        draft.StartedJobs.Add(id);
    }

    /// <summary>Does what a job's grain asks: all of it in the draft's commit, or nothing.</summary>
    /// <remarks>
    /// <code>
    /// the request       the job is open here                                   the job is not open here
    /// creates the job   Known: a new job epoch, no changes                     adds the job, then makes the changes
    /// opens the job     a new job epoch, then makes the changes                NotOpen: it has ended or cannot be read
    /// any other         with the latest job epoch: makes the changes;          NotOpen
    ///                   with any other epoch: Fenced, no changes
    /// </code>
    /// When a creation is repeated after the job has ended, the store refuses the commit, because it has the job.
    /// The changes, in this order and as far as the request has them: set the window, drop the open and parked chunks,
    /// take in new chunks, write the job's row, store the idempotency key, which the caller has found to be new.
    /// A request must bring a chunk only once: a parked chunk that came again would be parked twice.
    /// The grain keeps to that: its activation ends after a request that failed, and the next activation reads from the
    /// store which chunks there are.
    /// </remarks>
    /// <param name="request">What the grain asks.</param>
    /// <param name="spec">The spec, when the request creates the job; null in all other requests.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Where the changes go.</param>
    public JobReply Ask(JobRequest request, JobSpec? spec, long now, CommitDraft draft)
    {
        // Even when there is nothing to write: an activation of the dispatcher that was replaced without knowing it
        // must not confirm to a grain that it still owns the job.
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
            // A repeated creation. The job and its first chunks are stored, or in this round's draft: only the answer
            // was lost. The chunks of this request may be others.
            if (spec is not null)
                return Done(job) with { Outcome = JobOutcome.Known };
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

        // New chunks are taken in after the stop, which must not drop them.
        foreach (var chunk in request.Chunks)
        {
            job.FirstNew = Math.Min(job.FirstNew, chunk.No);
            if (OpenOrPark(job, chunk, now))
                draft.Chunks.Add(new ChunkWrite(job.No, chunk, null));
        }

        if (request.Write is { } write)
            Write(job, write, now, draft);
        if (request.Idempotency is { } entry)
            draft.Idempotency.Add(entry);
        draft.Note(request.Origin, now);
        return Done(job);
    }

    /// <summary>
    /// Opens parked chunks of every job, first come first, until the job's window is full.
    /// Called once a round, before tasks are assigned, so that the places of chunks that ended in the round are taken
    /// at once.
    /// </summary>
    public void Unpark(long now)
    {
        foreach (var job in jobs.Values)
        {
            while (job.Open.Count < job.Window && job.Parked.TryDequeue(out var chunk))
                chunks.Add(job, chunk, now);
        }
    }

    /// <summary>
    /// The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back).
    /// The start of every chunk run moves along, because <see cref="Stragglers"/> computes from the start how long the
    /// run has taken. The start of a task is shown to users as a time of day and stays.
    /// </summary>
    public void ClockStepped(long by)
    {
        foreach (var slot in jobs.Values.SelectMany(static job => job.Open.Values.Concat(job.Seconds.Values)))
        {
            if (tasks[slot].Lease is { StartedAt: > 0 } held)
                held.StartedAt += by;
        }
    }

    /// <summary>
    /// The reply to a request that was done. Its slots are those of the nodes that carry the job's labels.
    /// </summary>
    private JobReply Done(DispatchJob job) => new(JobOutcome.Done, job.Epoch, nodes.CountSlots(job.Requires), default);

    /// <summary>
    /// Puts the job's row into the draft. With a final state the job is no longer open here: its runs and parked chunks
    /// are dropped. A new job and a final state are events.
    /// </summary>
    private void Write(DispatchJob job, JobWrite write, long now, CommitDraft draft)
    {
        draft.Jobs.Add(new JobCommit(job.No, job.Id, write));
        if (write.New is not null || write.State.IsFinal())
            draft.Events.Add(FeedEntry.OfJob(job.Id, write.State));
        if (!write.State.IsFinal())
            return;
        chunks.DropAll(job, now, draft);
        jobs.Remove(job.Id);
        modules.Publish(new WorkEnd(job.Id, write.State.ToEvent(), Job: write), now, draft);
    }

    /// <summary>
    /// Opens a chunk, or parks it when the window is full or other chunks are parked before it.
    /// False, and nothing changes, when the chunk is open already.
    /// </summary>
    private bool OpenOrPark(DispatchJob job, ChunkPlan chunk, long now)
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
