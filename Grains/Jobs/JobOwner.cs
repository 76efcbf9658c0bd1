using OrleansTasks.Audit;
using OrleansTasks.Jobs.Insight;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// One activation's ownership of a job, and its link to the queue's dispatcher, which alone commits changes of jobs.
/// </summary>
/// <remarks>
/// <para>
/// Two activations of a job's grain can coexist briefly, as when a silo is cut off. So <see cref="Open"/> and
/// <see cref="Create"/> obtain a new job epoch, which rises with each owner, and the dispatcher refuses every epoch but
/// the latest. A replaced activation commits nothing, learns of it from the exception and ends.
/// </para>
/// <para>
/// Some calls are not checked against the epoch. Parts of large progress go directly to the store, but count only once
/// <see cref="Persist"/> commits their version. <see cref="CountChunks"/>, <see cref="SubmitSource"/> and
/// <see cref="CancelSource"/> carry no epoch; where it matters, confirm the ownership first.
/// </para>
/// </remarks>
internal sealed class JobOwner(ITaskDispatcherGrain dispatcher, IJobStore store, TaskId id, SteadyClock steady)
{
    /// <summary>Low bits of a version that count this activation's writes.</summary>
    private const int WriteBits = 16;

    /// <summary>Job epoch of this activation; 0 until it owns the job.</summary>
    private long epoch;

    private readonly BusyShare commits = new();

    private long writes;

    /// <summary>Slots, free or not, on matching nodes that take work, by the last reply; 0 before the first.</summary>
    public int Slots { get; private set; }

    /// <summary>When a commit was last accepted, which confirms the ownership, in steady milliseconds.</summary>
    public long ConfirmedAt { get; private set; }

    /// <summary>Share of the last seconds spent in commits, 0 to 1.</summary>
    public double CommitShare => commits.Share(steady.Now);

    /// <summary>Returns an owner that must still <see cref="Open"/> or <see cref="Create"/> the job.</summary>
    public static JobOwner Of(JobSpec spec, TaskId id, IJobStore store, IGrainFactory grains, SteadyClock steady) =>
        new(grains.Reference<ITaskDispatcherGrain>(spec.Queue), store, id, steady);

    /// <summary>
    /// Takes over a stored job. The dispatcher then refuses earlier activations' commits, so read the row after this
    /// call. If the job has just ended, this takes over nothing and does not throw: the row shows the end.
    /// </summary>
    public async Task Open() => Adopt(await dispatcher.Job(new JobRequest(
        id, Epoch: 0, Opens: true, Write: null, Chunks: [], StopsChunks: false, Idempotency: null, Window: 0)));

    /// <summary>
    /// Stores a new job with its first chunks in one commit. This activation owns the job only if the outcome is
    /// <see cref="JobOutcome.Done"/>; any other outcome stored nothing. After <see cref="JobOutcome.Known"/>, an
    /// earlier activation has created the job, so read the store. The others are refusals, such as a used idempotency
    /// key.
    /// </summary>
    public async Task<JobReply> Create(
        JobCore job, JobWrite write, ImmutableArray<ChunkPlan> chunks, IdempotencyEntry? idempotency,
        ImmutableArray<FileName> files)
    {
        var reply = await dispatcher.Job(new JobRequest(
            id, Epoch: 0, Opens: false, write, chunks, StopsChunks: false, idempotency, job.Window(Slots))
        { Files = files });
        Adopt(reply);
        return reply;
    }

    /// <summary>Returns the reply to a repeated creation of a job in memory.</summary>
    public JobReply ReplyToRepeat() => new(JobOutcome.Done, epoch, Slots, default);

    /// <summary>
    /// Stores changes in one commit, after storing parts of large progress. Without a write the row stays unchanged,
    /// unless the first chunk was just cut. <paramref name="stopsChunks"/> drops the open chunks: their runs are
    /// killed, and later reports refused. After any exception, discard the activation.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// Nothing committed: another activation owns the job, the dispatcher restarted and knows no owner, the job has
    /// ended, or the store failed.
    /// </exception>
    /// <exception cref="OutcomeUnknownException">The commit may have been made.</exception>
    public async Task Persist(
        JobCore job, JobWrite? write, ImmutableArray<ChunkPlan> chunks, bool stopsChunks = false, Origin? origin = null,
        ImmutableArray<FileName>? files = null)
    {
        // The first chunks set the job's start, which only the row stores.
        write ??= job.Life.HasNewStart ? job.ToWrite(withProgress: false) : null;
        if (write is not null)
            write = WithAggregate(job, await StoredProgress.Put(store, id, write, NextVersion()));
        var began = steady.Now;
        var reply = await dispatcher.Job(new JobRequest(
            id, epoch, Opens: false, write, chunks, stopsChunks, Idempotency: null, job.Window(Slots))
        { Origin = origin, Files = files ?? [] });
        if (reply.Outcome != JobOutcome.Done)
            throw new StoreUnavailableException(
                $"The job's dispatcher refused a request of this activation ({reply.Outcome}).")
            { IsOwnerReplaced = true };
        (Slots, ConfirmedAt) = (reply.Slots, steady.Now);
        commits.Note(began, ConfirmedAt);
    }

    /// <summary>Confirms the ownership and stores nothing. Throws like <see cref="Persist"/>.</summary>
    public Task Confirm(JobCore job) => Persist(job, null, []);

    /// <summary>Returns the dispatcher's counts of waiting and running chunks; both 0 if the job is not open.</summary>
    public Task<ChunkCounts> CountChunks() => dispatcher.CountChunks(id);

    /// <summary>Returns the runs of the open chunks; none if the job is not open.</summary>
    public Task<JobRuns> Runs() => dispatcher.RunsOf(id);

    /// <summary>
    /// Submits the source command's task, without an epoch. Idempotent: its id derives from the job's id.
    /// </summary>
    public async Task<SubmitReply> SubmitSource(JobSpec spec) => (await dispatcher.Submit([SourceTask.RequestOf(id, spec)]))[0];

    /// <summary>
    /// Cancels the task of the source command. Not checked against the epoch, so commit a change first: a replaced
    /// activation would cancel the source of a job that continues.
    /// </summary>
    public Task CancelSource() => dispatcher.Cancel([SourceTaskId.Of(id)]);

    // Adds the aggregate that a succeeding job leaves for its workflow; empty if it is too large.
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
    /// Returns a new version for parts of the progress: the epoch, and 16 bits that count writes. The epoch keeps a
    /// replaced activation from overwriting current parts. The count may wrap, since each commit of progress deletes
    /// all other versions.
    /// </summary>
    private long NextVersion() => (epoch << WriteBits) | (++writes & ((1L << WriteBits) - 1));

    /// <summary>Takes epoch and slots from a reply. A refusal's epoch is 0, which no commit may have.</summary>
    private void Adopt(JobReply reply) => (epoch, Slots) = (reply.Epoch, reply.Slots);
}
