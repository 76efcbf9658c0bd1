using OrleansTasks.Audit;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// One activation's ownership of a job, and its link to the dispatcher of the job's queue.
/// Only the dispatcher commits changes of a job, so <see cref="JobRunner"/> and <see cref="SourceFeed"/> store the job
/// through this class, one call at a time.
/// </summary>
/// <remarks>
/// <para>
/// For a short time, for example when a silo is cut off, two activations of a job's grain can exist. <see cref="Open"/>
/// and <see cref="Create"/> therefore give an activation a new job epoch, which is a number that rises
/// with each new owner. <see cref="Persist"/> sends the epoch, and the dispatcher refuses every epoch but the latest.
/// So an activation that was replaced commits nothing, learns of its replacement from the exception, and ends.
/// </para>
/// <para>
/// Some calls are not checked against the epoch. The parts of large progress go to the store directly; they count
/// only once <see cref="Persist"/> has committed their version. <see cref="CountChunks"/>, <see cref="SubmitSource"/>
/// and <see cref="CancelSource"/> carry no epoch, so the caller confirms the ownership first where it matters.
/// </para>
/// </remarks>
internal sealed class JobOwner(ITaskDispatcherGrain dispatcher, IJobStore store, TaskId id, SteadyClock steady)
{
    /// <summary>The number of low bits of a version that count this activation's writes.</summary>
    private const int WriteBits = 16;

    /// <summary>The job epoch of this activation; 0 before it owns the job.</summary>
    private long epoch;

    private readonly BusyShare commits = new();

    /// <summary>How many writes this activation has sent, for <see cref="NextVersion"/>.</summary>
    private long writes;

    /// <summary>
    /// The number of slots, free or not, on the nodes that take work and match the job,
    /// by the dispatcher's latest reply. 0 when no node matches, and before the first reply.
    /// </summary>
    public int Slots { get; private set; }

    /// <summary>
    /// When the dispatcher last accepted <see cref="Persist"/>, and so confirmed that this activation owns the job;
    /// in steady milliseconds, 0 before the first time.
    /// </summary>
    public long ConfirmedAt { get; private set; }

    /// <summary>Which share of the last seconds the commits took, 0 to 1.</summary>
    public double CommitShare => commits.Share(steady.Now);

    /// <summary>
    /// Returns an owner that uses the dispatcher of the job's queue. The activation owns the job only once
    /// <see cref="Open"/> or <see cref="Create"/> has succeeded.
    /// </summary>
    public static JobOwner Of(JobSpec spec, TaskId id, IJobStore store, IGrainFactory grains, SteadyClock steady) =>
        new(grains.GetGrain<ITaskDispatcherGrain>(spec.Queue), store, id, steady);

    /// <summary>
    /// Takes over a stored job that has not ended. From then on, the dispatcher refuses commits
    /// of all earlier activations, so the caller must read the job's row after this call. When the job has ended
    /// in the meantime, the call takes over nothing and does not throw: the caller learns it from the row.
    /// </summary>
    public async Task Open() => Adopt(await dispatcher.Job(new JobRequest(
        id, Epoch: 0, Opens: true, Write: null, Chunks: [], StopsChunks: false, Idempotency: null, Window: 0)));

    /// <summary>
    /// Has the dispatcher store a new job with its first chunks in one commit. This activation owns the job
    /// if the outcome of the reply is <see cref="JobOutcome.Done"/>. If the outcome is <see cref="JobOutcome.Known"/>,
    /// an earlier activation has created the job, and the caller must read what is stored. Any other outcome is a
    /// refusal, such as a used idempotency key, which the caller must handle. Unless the outcome is Done, this call
    /// stored nothing.
    /// </summary>
    /// <param name="job">The new job.</param>
    /// <param name="write">The job's row, with the submission.</param>
    /// <param name="chunks">The first chunks; may be empty.</param>
    /// <param name="idempotency">The idempotency key to store with the job; null when the caller sent none.</param>
    public async Task<JobReply> Create(JobCore job, JobWrite write, ImmutableArray<ChunkPlan> chunks, IdempotencyEntry? idempotency)
    {
        var reply = await dispatcher.Job(new JobRequest(
            id, Epoch: 0, Opens: false, write, chunks, StopsChunks: false, idempotency, job.Window(Slots)));
        Adopt(reply);
        return reply;
    }

    /// <summary>
    /// Returns the reply to a repeated creation of a job that this activation has in memory.
    /// Asks nobody and changes nothing.
    /// </summary>
    public JobReply ReplyToRepeat() => new(JobOutcome.Done, epoch, Slots, default);

    /// <summary>
    /// Has the dispatcher store changes of the job in one commit, if this activation still owns the job.
    /// Progress (the place in the source and the results so far) that is too large for a row is first stored in parts.
    /// After any exception the activation must be discarded.
    /// </summary>
    /// <param name="job">
    /// The job, which tells its window: how many chunks the dispatcher may run or queue at one time.
    /// </param>
    /// <param name="write">
    /// The new values of the job's row. With null the row stays unchanged, unless the first chunk was just cut:
    /// the row is then written with the time of the start.
    /// </param>
    /// <param name="chunks">New chunks; may be empty.</param>
    /// <param name="stopsChunks">
    /// Whether the dispatcher drops the job's open chunks.
    /// Their runs are killed, and later reports of them are refused.
    /// </param>
    /// <param name="origin">Who asked for the change; null when nobody is to be recorded.</param>
    /// <exception cref="StoreUnavailableException">
    /// This commit was not made: another activation has taken over the job,
    /// the dispatcher has begun anew and knows no owner yet, the job has ended, or the store failed.
    /// </exception>
    /// <exception cref="OutcomeUnknownException">The commit may have been made or not.</exception>
    public async Task Persist(
        JobCore job, JobWrite? write, ImmutableArray<ChunkPlan> chunks, bool stopsChunks = false, Origin? origin = null)
    {
        // The first chunks bring the job's start, which only the row has.
        write ??= job.Life.HasNewStart ? job.ToWrite(withProgress: false) : null;
        if (write is not null)
            write = WithAggregate(job, await StoredProgress.Put(store, id, write, NextVersion()));
        var began = steady.Now;
        var reply = await dispatcher.Job(new JobRequest(
            id, epoch, Opens: false, write, chunks, stopsChunks, Idempotency: null, job.Window(Slots))
        { Origin = origin });
        if (reply.Outcome != JobOutcome.Done)
            throw new StoreUnavailableException($"The job's dispatcher refused a request of this activation ({reply.Outcome}).");
        (Slots, ConfirmedAt) = (reply.Slots, steady.Now);
        commits.Note(began, ConfirmedAt);
    }

    /// <summary>
    /// Confirms with the dispatcher that no other activation has taken over the job. Stores nothing.
    /// Throws as <see cref="Persist"/> does.
    /// </summary>
    public Task Confirm(JobCore job) => Persist(job, null, []);

    /// <summary>
    /// Returns how many of the job's chunks are waiting and running, by the dispatcher's count;
    /// 0 and 0 when the job is not open.
    /// </summary>
    public Task<ChunkCounts> CountChunks() => dispatcher.CountChunks(id);

    /// <summary>
    /// Returns the runs of the job's open chunks at the dispatcher; none when the job is not open there.
    /// </summary>
    public Task<JobRuns> Runs() => dispatcher.RunsOf(id);

    /// <summary>
    /// Submits the task that runs the job's source command. A repeat has no effect and is accepted, because the task's
    /// id is derived from the job's id. The dispatcher does not check whether this activation still owns the job.
    /// </summary>
    public async Task<SubmitReply> SubmitSource(JobSpec spec) => (await dispatcher.Submit([SourceTask.RequestOf(id, spec)]))[0];

    /// <summary>
    /// Cancels the task that runs the job's source command, because the job is stopping.
    /// The dispatcher does not check the ownership, so the caller commits a change of the job first:
    /// otherwise a replaced activation could cancel the source of a job that goes on.
    /// </summary>
    public Task CancelSource() => dispatcher.Cancel([SourceTaskId.Of(id)]);

    // What a job that succeeds leaves for the workflow whose node it runs for.
    private static JobWrite WithAggregate(JobCore job, JobWrite write)
    {
        if (write.State != JobState.Succeeded || job.Spec.Workflow is null)
            return write;
        var aggregate = job.FoldSoFar.Outcome();
        return write with
        {
            Aggregate = aggregate.Length > JobWrite.MostAggregate ? default(ReadOnlyMemory<byte>) : aggregate,
            AggregateBytes = aggregate.Length,
        };
    }

    /// <summary>
    /// Returns a new version for progress that is stored in parts: the epoch, followed by 16 bits that count
    /// this activation's writes. The epoch keeps a replaced activation from overwriting the parts of the current one.
    /// The count may wrap around, because each commit of progress deletes the parts of all other versions.
    /// </summary>
    private long NextVersion() => (epoch << WriteBits) | (++writes & ((1L << WriteBits) - 1));

    /// <summary>
    /// Takes the epoch and the slots from a reply. A refusal has epoch 0, with which the dispatcher refuses any commit.
    /// </summary>
    private void Adopt(JobReply reply) => (epoch, Slots) = (reply.Epoch, reply.Slots);
}
