using OrleansTasks.Jobs.Spec;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// A job's claim on its dispatcher, which writes for it: every request names the epoch that the opening gave, so that what an activation
/// asks which was replaced is refused.
/// </summary>
internal sealed class JobOwner(ITaskDispatcherGrain dispatcher, IJobStore store, TaskId id, SteadyClock steady)
{
    private const int VersionBits = 16;
    private const int OnlyPartition = 0;
    private long epoch;
    private long saves;

    /// <summary>How many slots there are on nodes that would do for the job, as it was last told; 0 before.</summary>
    public int Slots { get; private set; }

    /// <summary>When the dispatcher last confirmed the claim, in steady milliseconds.</summary>
    public long ConfirmedAt { get; private set; }

    /// <summary>The claim of a job on the dispatcher of its queue; it holds nothing before it is opened or the job is new.</summary>
    public static JobOwner Of(JobSpec spec, TaskId id, IJobStore store, IGrainFactory grains, SteadyClock steady) =>
        new(grains.GetGrain<ITaskDispatcherGrain>(PartitionOf(spec).ToString()), store, id, steady);

    /// <summary>The partition that a job is in.</summary>
    public static PartitionKey PartitionOf(JobSpec spec) => new(spec.Queue, OnlyPartition);

    /// <summary>Opens a stored job: every earlier activation's claim is void from then on.</summary>
    public async Task Open() => Take(await dispatcher.Job(new JobRequest(id, 0, true, null, [], false, null, 0)));

    /// <summary>Has a new job stored.</summary>
    public async Task<JobReply> Create(JobCore job, JobWrite write, ImmutableArray<ChunkPlan> chunks, IdempotencyEntry? idempotency)
    {
        var reply = await dispatcher.Job(new JobRequest(id, 0, false, write, chunks, false, idempotency, job.Window(Slots)));
        Take(reply);
        return reply;
    }

    /// <summary>The answer for who submits a job that this activation has created.</summary>
    public JobReply Again() => new(JobOutcome.Done, epoch, Slots, default);

    /// <summary>Has something stored, in one commit. Another activation, or the dispatcher's next one, makes this one begin anew.</summary>
    /// <param name="job">The job.</param>
    /// <param name="write">Its columns; null for nothing.</param>
    /// <param name="chunks">New chunks.</param>
    /// <param name="dropsOpen">Whether its open chunks are dropped.</param>
    public async Task Persist(JobCore job, JobWrite? write, ImmutableArray<ChunkPlan> chunks, bool dropsOpen = false)
    {
        if (write is not null)
            write = await StoredProgress.Put(store, id, write, NextVersion());
        var reply = await dispatcher.Job(new JobRequest(id, epoch, false, write, chunks, dropsOpen, null, job.Window(Slots)));
        if (reply.Outcome != JobOutcome.Done)
            throw new StoreUnavailableException($"The job's dispatcher has begun anew ({reply.Outcome}).");
        (Slots, ConfirmedAt) = (reply.Slots, steady.Now);
    }

    /// <summary>Makes sure that nobody else has claimed the job: an activation that was replaced would show what was.</summary>
    public Task Confirm(JobCore job) => Persist(job, null, []);

    /// <summary>What the dispatcher has of its chunks.</summary>
    public Task<ChunkCounts> CountChunks() => dispatcher.CountChunks(id);

    /// <summary>Submits the task that runs the job's source command; how it went.</summary>
    public async Task<SubmitReply> SubmitSource(JobSpec spec) => (await dispatcher.Submit([SourceTask.RequestOf(id, spec)]))[0];

    /// <summary>A job that stops needs its source no more.</summary>
    public Task CancelSource() => dispatcher.Cancel([SourceTask.IdOf(id)]);

    /// <summary>Of this claim alone: parts that a replaced activation still puts are never mixed with those of the one that counts.</summary>
    private long NextVersion() => (epoch << VersionBits) | (++saves & ((1L << VersionBits) - 1));

    private void Take(JobReply reply) => (epoch, Slots) = (reply.Epoch, reply.Slots);
}
