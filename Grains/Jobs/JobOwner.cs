using OrleansTasks.Jobs.Spec;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// One activation's ownership of a job. <see cref="Open"/> or <see cref="Create"/> gives the activation a job epoch.
/// <see cref="Persist"/> sends it, and the dispatcher of the job's queue refuses every epoch but the latest, so that an activation
/// that was replaced commits nothing. Two things are not checked in this way: parts of large progress, which go to the store directly
/// and count only after the commit that names their version; and the requests about chunk counts and the source's task, which carry no
/// epoch. The job's grain makes one call at a time.
/// </summary>
internal sealed class JobOwner(ITaskDispatcherGrain dispatcher, IJobStore store, TaskId id, SteadyClock steady)
{
    private const int VersionBits = 16;
    
    /// <summary>A job belongs to partition 0 of its queue.</summary>
    private const int JobPartition = 0;

    private long epoch;
    private long writes;

    /// <summary>
    /// The number of slots on nodes that match the job, by the dispatcher's latest reply; 0 before the first reply.
    /// </summary>
    public int Slots { get; private set; }

    /// <summary>When the dispatcher last accepted <see cref="Persist"/>, in steady milliseconds; 0 before that.</summary>
    public long ConfirmedAt { get; private set; }

    /// <summary>
    /// Returns an owner that uses the dispatcher of the job's queue. It owns the job after <see cref="Open"/> or
    /// <see cref="Create"/>.
    /// </summary>
    public static JobOwner Of(JobSpec spec, TaskId id, IJobStore store, IGrainFactory grains, SteadyClock steady) =>
        new(grains.GetGrain<ITaskDispatcherGrain>(PartitionOf(spec).ToString()), store, id, steady);

    /// <summary>Returns the partition that a job belongs to.</summary>
    public static PartitionKey PartitionOf(JobSpec spec) => new(spec.Queue, JobPartition);

    /// <summary>
    /// Takes over a stored job. From then on, the dispatcher refuses commits of all earlier activations. Does nothing, and does not throw,
    /// when the job has ended meanwhile: the job's row is read afterwards.
    /// </summary>
    public async Task Open() => Take(await dispatcher.Job(new JobRequest(
        id, Epoch: 0, Opens: true, Write: null, Chunks: [], StopsChunks: false, Idempotency: null, Window: 0)));

    /// <summary>
    /// Has the dispatcher store a new job, which this activation owns if the outcome is <see cref="JobOutcome.Done"/>; the caller looks.
    /// </summary>
    public async Task<JobReply> Create(JobCore job, JobWrite write, ImmutableArray<ChunkPlan> chunks, IdempotencyEntry? idempotency)
    {
        var reply = await dispatcher.Job(new JobRequest(
            id, Epoch: 0, Opens: false, write, chunks, StopsChunks: false, idempotency, job.Window(Slots)));
        Take(reply);
        return reply;
    }

    /// <summary>Returns the reply to a repeated creation of the job that this activation already has in memory.</summary>
    public JobReply ReplyToRepeat() => new(JobOutcome.Done, epoch, Slots, default);

    /// <summary>Has the dispatcher store changes of the job in one commit.</summary>
    /// <param name="job">The job.</param>
    /// <param name="write">The new values of the job's row; null to leave the row unchanged.</param>
    /// <param name="chunks">New chunks.</param>
    /// <param name="stopsChunks">Whether the job's open chunks are dropped.</param>
    /// <exception cref="StoreUnavailableException">
    /// Another activation has taken over the job, the dispatcher was reactivated, the job has ended, or the store failed. As far as is
    /// known nothing was committed. This activation must be discarded.
    /// </exception>
    public async Task Persist(JobCore job, JobWrite? write, ImmutableArray<ChunkPlan> chunks, bool stopsChunks = false)
    {
        if (write is not null)
            write = await StoredProgress.Put(store, id, write, NextVersion());
        var reply = await dispatcher.Job(new JobRequest(
            id, epoch, Opens: false, write, chunks, stopsChunks, Idempotency: null, job.Window(Slots)));
        if (reply.Outcome != JobOutcome.Done)
            throw new StoreUnavailableException($"The job's dispatcher refused a request of this activation ({reply.Outcome}).");
        (Slots, ConfirmedAt) = (reply.Slots, steady.Now);
    }

    /// <summary>
    /// Confirms with the dispatcher that no other activation has taken over the job.
    /// Throws as <see cref="Persist"/> does.
    /// </summary>
    public Task Confirm(JobCore job) => Persist(job, null, []);

    /// <summary>Returns how many of the job's chunks are waiting and running, by the dispatcher's count.</summary>
    public Task<ChunkCounts> CountChunks() => dispatcher.CountChunks(id);

    /// <summary>
    /// Submits the task that runs the job's source command. May be repeated, since the task's id follows from the job's. Whether this
    /// activation still owns the job is not checked.
    /// </summary>
    public async Task<SubmitReply> SubmitSource(JobSpec spec) => (await dispatcher.Submit([SourceTask.RequestOf(id, spec)]))[0];

    /// <summary>Cancels the task that runs the job's source command, because the job is stopping.</summary>
    public Task CancelSource() => dispatcher.Cancel([SourceTaskId.Of(id)]);

    /// <summary>
    /// Returns a new version for progress that is stored in parts: the epoch, then 16 bits that count this activation's commits. The
    /// epoch keeps a replaced activation from overwriting the parts of the current one. The count may begin anew, because each commit of
    /// progress deletes the parts of all other versions.
    /// </summary>
    private long NextVersion() => (epoch << VersionBits) | (++writes & ((1L << VersionBits) - 1));

    private void Take(JobReply reply) => (epoch, Slots) = (reply.Epoch, reply.Slots);
}
