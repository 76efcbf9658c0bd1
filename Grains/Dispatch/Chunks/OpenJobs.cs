using OrleansTasks.Feed;
using OrleansTasks.Files;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>
/// The open data jobs of a queue. Applies requests from job grains to memory and to the round's draft, and makes the
/// chunks run like tasks. Each activation of a job's grain gets a job epoch when it creates or opens the job. A new job
/// epoch voids the earlier ones, so <see cref="Ask"/> refuses an activation that was replaced. A chunk is open while it
/// has a run. Chunks beyond the job's window are parked: stored, but without a run. Times are Unix milliseconds.
/// </summary>
internal sealed class OpenJobs(long epoch, OpenTasks tasks, NodeSet nodes, ChunkRuns chunks, DispatchModules modules)
{
    private readonly Dictionary<TaskId, DispatchJob> jobs = [];

    // Starts at a multiple of the queue's epoch, so job epochs exceed those of earlier owners, unless one of them gave
    // out 2^20, about a million.
    private long lastEpoch = epoch << 20;

    public int Count => jobs.Count;

    /// <summary>
    /// All open jobs. Do not make other calls while enumerating, because they may change the collection.
    /// </summary>
    public Dictionary<TaskId, DispatchJob>.ValueCollection All => jobs.Values;

    /// <summary>
    /// Loads an open job during recovery. Until its grain opens or creates it again, other requests are fenced.
    /// </summary>
    public void Load(TaskId id, long no, JobSpec spec) => jobs.TryAdd(id, new DispatchJob(id, no, spec) { Epoch = ++lastEpoch });

    /// <summary>
    /// Loads an open chunk during recovery, in order of number. It starts again, because its lease is not stored.
    /// </summary>
    public void LoadChunk(TaskId job, ChunkPlan chunk, long now)
    {
        if (jobs.TryGetValue(job, out var known) && chunk.No < known.FirstNew)
            OpenOrPark(known, chunk, now);
    }

    /// <summary>
    /// Counts a job's waiting (or parked) chunks and those at nodes, each once. Returns zeros if the job is not open.
    /// </summary>
    public ChunkCounts CountChunks(TaskId job)
    {
        if (!jobs.TryGetValue(job, out var known))
            return default;
        var running = known.Open.Values.Count(slot => tasks[slot].State.IsLeased());
        return new ChunkCounts(known.Open.Count - running + known.Parked.Count, running);
    }

    /// <summary>Returns a job's first runs that have had an attempt; none if the job is not open.</summary>
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
            var second = known.SecondRuns.TryGetValue(no, out var other) ? tasks[other].Lease?.Node.Id : null;
            runs.Add(new ChunkRun(
                no, task.Attempt, task.Lease?.Node.Id, startedAt > 0 ? Math.Max(0, now - startedAt) : null, second,
                second is not null || Stragglers.IsOne(known, startedAt, now)));
        }

        return new JobRuns(runs.DrainToImmutable());
    }

    public bool IsOpen(TaskId id) => jobs.ContainsKey(id);

    public bool TakesTurns(TaskId id) => jobs.TryGetValue(id, out var job) && job.Ring is not null;

    /// <summary>
    /// Adds a new job, without chunks, for a schedule or a workflow node. <see cref="Outbox"/> calls the job's grain
    /// after the commit (or the silo's upkeep does, if that call is lost), and the grain reads the job from the store
    /// as after a restart.
    /// </summary>
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

    /// <summary>
    /// Applies a request from a job's grain, either completely, in the draft's commit, or not at all.
    /// </summary>
    /// <remarks>
    /// <code>
    /// the request       the job is open here                              the job is not open here
    /// creates the job   Known: a new job epoch, no changes                adds the job, then makes the changes
    /// opens the job     a new job epoch, then makes the changes           NotOpen: it has ended or cannot be read
    /// any other         latest job epoch: makes the changes;              NotOpen
    ///                   another: Fenced, no changes
    /// </code>
    /// <paramref name="isRepeat"/>: the store refused the commit of this request, which had the latest job epoch. The
    /// core that knew the epoch is gone, and no other activation has opened the job since.
    /// The store refuses to create a job that has ended, because it already has the job. A grain must send each chunk
    /// only once, because a parked chunk would be parked twice. Grains ensure this: after a failed request the
    /// activation ends, and the next one reads from the store which chunks exist.
    /// </remarks>
    public JobReply Ask(JobRequest request, JobSpec? spec, long now, CommitDraft draft, bool isRepeat = false)
    {
        // Even if there is nothing to write: a dispatcher that was replaced without noticing must not confirm that the
        // grain owns the job.
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
            // A repeated creation, because the first answer was lost. The first request's chunks are stored or in the
            // draft; this request's chunks may differ and are ignored.
            if (spec is not null)
                return Done(job) with { Outcome = JobOutcome.Known };
        }
        else if (isRepeat)
            job.Epoch = request.Epoch;
        else if (request.Epoch != job.Epoch)
            return new JobReply(JobOutcome.Fenced, 0, 0, default);

        if (request.Window > 0)
            job.Window = request.Window;
        if (request.StopsChunks)
        {
            chunks.DropAll(job, now, draft);
            job.FirstNew = 0;
        }

        // Chunks are added after the stop, which must not drop them.
        foreach (var chunk in request.Chunks)
        {
            job.FirstNew = Math.Min(job.FirstNew, chunk.No);
            if (OpenOrPark(job, chunk, now))
                draft.Chunks.Add(new ChunkWrite(job.No, chunk, null));
        }

        if (!request.Files.IsDefaultOrEmpty)
            draft.Name(new FileUse(FileUseKind.Job, job.Id.ToString()), request.Files);
        if (request.Write is { } write)
            Write(job, write, now, draft);
        if (request.Idempotency is { } entry)
            draft.Idempotency.Add(entry);
        draft.Note(request.Origin, now);
        return Done(job);
    }

    /// <summary>
    /// Opens parked chunks in order. Runs before matching, so that free places in a window are used at once.
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
    /// Moves the start times of runs, from which run times are computed. Those of tasks are times of day and stay.
    /// </summary>
    public void ClockStepped(long by)
    {
        foreach (var slot in jobs.Values.SelectMany(static job => job.Open.Values.Concat(job.SecondRuns.Values)))
        {
            if (tasks[slot].Lease is { StartedAt: > 0 } held)
                held.StartedAt += by;
        }
    }

    private JobReply Done(DispatchJob job) => new(JobOutcome.Done, job.Epoch, nodes.CountSlots(job.Requires), default);

    // Adds a change of a job to the draft. A final state removes the job here. New jobs and final states are events.
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

    // Returns false, without a change, if the chunk is already open.
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
