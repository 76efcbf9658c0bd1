using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>
/// An open data job in the dispatcher of its queue: what its chunks require of a node, and the state of each stored
/// chunk that has not ended. In memory only. The job's grain cuts the chunks and folds the results.
/// <code>
/// parked               in Parked             stored and without a run, because the window is full
/// open, with one run   in Open               queued, waiting for a retry, or held by a node
/// open, with two runs  in Open, SecondRuns   the first run takes too long
/// </code>
/// Chunks that recovery has not read yet, or that were dropped because the job is stopping, are in none of these. Open
/// and SecondRuns map chunk numbers to slots of the task table.
/// </summary>
internal sealed class DispatchJob(TaskId id, long no, JobSpec spec)
{
    // The highest bits of a chunk run's id. A task's id begins with its creation time, where these bits would mean the
    // year 8659 or later, so no chunk run has the id of a task.
    private const ulong ChunkMark = 0xC0UL << 56;

    // Set only in the ids of second runs; the job's number is in the lower bits.
    private const ulong SecondMark = 1UL << 55;

    public TaskId Id { get; } = id;

    public long No { get; } = no;

    public string Name { get; } = spec.Name;

    public ImmutableArray<Label> Requires { get; } = spec.Requires;

    /// <summary>What each chunk needs of its node besides a slot.</summary>
    public ResourceVector Resources { get; } = spec.Resources;

    /// <summary>The job's own turn around the nodes; null when the queue's placement chooses the node.</summary>
    public RingTurn? Ring { get; } = spec.RoundRobin ? new RingTurn(id.ToString()) : null;

    /// <summary>The policy of first runs; second runs have one attempt.</summary>
    public RetryPolicy Retry { get; } = spec.Retry;

    public ReadOnlyMemory<byte> Plan { get; } = spec.Plan.ToBytes();

    public ImmutableArray<EnvironmentVariable> Env { get; } = spec.Env;

    public byte Format { get; } = (byte)spec.Source.Format;

    /// <summary>
    /// What a node must be able to do for the job's chunks, besides evaluating chunks. A job's spec has no isolation,
    /// so its commands run with the default of tasks.
    /// </summary>
    public Limits Needs { get; } = (spec.Source.Files.IsEmpty ? Limits.None : Limits.Files)
        | (spec.Plan.RunsCommands ? TaskIsolation.Default.Needs() : Limits.None);

    /// <summary>
    /// The smallest chunk number that the job's grain has sent to this activation. Recovery loads only smaller ones:
    /// numbers only rise, so the core already knows all others. 0 once the grain has stopped the chunks, so that
    /// recovery loads none.
    /// </summary>
    public long FirstNew { get; set; } = long.MaxValue;

    /// <summary>
    /// The job's epoch (<see cref="OpenJobs"/>), not the queue's. Recovery sets one that no grain knows.
    /// </summary>
    public long Epoch { get; set; }

    public Dictionary<long, int> Open { get; } = [];

    /// <summary>
    /// The maximum number of open chunks; a default until a request sets it. Shrinking it closes no chunk.
    /// </summary>
    public int Window { get; set; } = 64;

    public Queue<ChunkPlan> Parked { get; } = new();

    /// <summary>The second runs, which do not count towards the window.</summary>
    public Dictionary<long, int> SecondRuns { get; } = [];

    /// <summary>The moving average of the run times of succeeded chunks, in milliseconds; 0 before the first.</summary>
    public double Usual { get; private set; }

    // A moving average with weight 1/8. Starts at 1 or more, because 0 means "not measured yet".
    public void Note(long took) => Usual = Usual == 0 ? Math.Max(took, 1) : Usual + ((took - Usual) / 8);

    /// <summary>
    /// Returns the id of a second run, which differs from that of the first, because the task table finds both by id.
    /// </summary>
    public TaskId SecondId(long chunk) => new(ChunkMark | SecondMark | (ulong)No, (ulong)chunk);

    public TaskId ChunkId(long chunk) => new(ChunkMark | (ulong)No, (ulong)chunk);
}
