using OrleansTasks.Jobs.Spec;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// One activation's ownership of a job. The dispatcher of the job's queue writes the job's data; each request carries
/// the epoch that the dispatcher assigned when this activation opened or created the job.
/// The dispatcher refuses a request with an older epoch, so an activation that was replaced cannot write.
/// </summary>
internal sealed class JobOwner(ITaskDispatcherGrain dispatcher, IJobStore store, TaskId id, SteadyClock steady)
{
    private const int VersionBits = 16;
    private const int OnlyPartition = 0;
    private long epoch;
    private long saves;

    /// <summary>
    /// The number of slots on nodes that match the job, by the dispatcher's latest reply; 0 before the first reply.
    /// </summary>
    public int Slots { get; private set; }

    /// <summary>When the dispatcher last accepted a request of this owner, in steady milliseconds.</summary>
    public long ConfirmedAt { get; private set; }

    /// <summary>
    /// Returns an owner that uses the dispatcher of the job's queue. It owns the job after <see cref="Open"/> or
    /// <see cref="Create"/>.
    /// </summary>
    public static JobOwner Of(JobSpec spec, TaskId id, IJobStore store, IGrainFactory grains, SteadyClock steady) =>
        new(grains.GetGrain<ITaskDispatcherGrain>(PartitionOf(spec).ToString()), store, id, steady);

    /// <summary>Returns the partition that a job belongs to.</summary>
    public static PartitionKey PartitionOf(JobSpec spec) => new(spec.Queue, OnlyPartition);

    /// <summary>
    /// Takes over a stored job. From then on, the dispatcher refuses requests of all earlier activations.
    /// </summary>
    public async Task Open() => Take(await dispatcher.Job(new JobRequest(id, 0, true, null, [], false, null, 0)));

    /// <summary>Has the dispatcher store a new job.</summary>
    public async Task<JobReply> Create(JobCore job, JobWrite write, ImmutableArray<ChunkPlan> chunks, IdempotencyEntry? idempotency)
    {
        var reply = await dispatcher.Job(new JobRequest(id, 0, false, write, chunks, false, idempotency, job.Window(Slots)));
        Take(reply);
        return reply;
    }

    /// <summary>Returns the reply to a repeated request to create a job that this activation has.</summary>
    public JobReply ReplyToRepeat() => new(JobOutcome.Done, epoch, Slots, default);

    /// <summary>Has the dispatcher store changes of the job in one commit.</summary>
    /// <param name="job">The job.</param>
    /// <param name="write">The new values of the job's row; null to leave the row unchanged.</param>
    /// <param name="chunks">New chunks.</param>
    /// <param name="dropsOpen">Whether to drop the job's open chunks.</param>
    /// <exception cref="StoreUnavailableException">
    /// Another activation has taken over the job, or the dispatcher was reactivated. This activation must be discarded.
    /// </exception>
    public async Task Persist(JobCore job, JobWrite? write, ImmutableArray<ChunkPlan> chunks, bool dropsOpen = false)
    {
        if (write is not null)
            write = await StoredProgress.Put(store, id, write, NextVersion());
        var reply = await dispatcher.Job(new JobRequest(id, epoch, false, write, chunks, dropsOpen, null, job.Window(Slots)));
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

    /// <summary>Submits the task that runs the job's source command. Returns the dispatcher's reply.</summary>
    public async Task<SubmitReply> SubmitSource(JobSpec spec) => (await dispatcher.Submit([SourceTask.RequestOf(id, spec)]))[0];

    /// <summary>Cancels the task that runs the job's source command, because the job is stopping.</summary>
    public Task CancelSource() => dispatcher.Cancel([SourceTaskId.Of(id)]);

    /// <summary>
    /// Returns a new version for progress that is stored in parts. The version contains the epoch, so that an
    /// activation that was replaced never overwrites parts of the current activation.
    /// </summary>
    private long NextVersion() => (epoch << VersionBits) | (++saves & ((1L << VersionBits) - 1));

    private void Take(JobReply reply) => (epoch, Slots) = (reply.Epoch, reply.Slots);
}
