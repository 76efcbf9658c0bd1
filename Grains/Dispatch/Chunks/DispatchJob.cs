using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>
/// An open data job in the dispatcher of its queue: what its chunks require of a node, and the state of each stored
/// chunk that has not ended. In memory only. The job's grain cuts the chunks and folds the results.
/// <code>
/// parked               in Parked          stored and without a run, because the window is full
/// open, with one run   in Open            queued, waiting for a retry, or held by a node
/// open, with two runs  in Open, Seconds   the first run takes too long
/// </code>
/// Chunks that recovery has not read yet, or that were dropped because the job stops, are in none of these. The values
/// of Open and Seconds are slots of the task table, by chunk number.
/// </summary>
internal sealed class DispatchJob(TaskId id, long no, JobSpec spec)
{
    // The highest bits of a chunk run's id. As a task's id begins with its creation time, they mean the year 8659 or
    // later, so no chunk run has a task's id.
    private const ulong ChunkMark = 0xC0UL << 56;

    // Only in second runs' ids; the job's number is in the lower bits.
    private const ulong SecondMark = 1UL << 55;

    public TaskId Id { get; } = id;

    public long No { get; } = no;

    public string Name { get; } = spec.Name;

    public ImmutableArray<Label> Requires { get; } = spec.Requires;

    /// <summary>The job's own turn around the nodes; null when the queue's placement chooses the node.</summary>
    public RingTurn? Ring { get; } = spec.RoundRobin ? new RingTurn(id.ToString()) : null;

    /// <summary>For first runs; second runs have one attempt.</summary>
    public RetryPolicy Retry { get; } = spec.Retry;

    public ReadOnlyMemory<byte> Plan { get; } = spec.Plan.ToBytes();

    public ImmutableArray<EnvironmentVariable> Env { get; } = spec.Env;

    public byte Format { get; } = (byte)spec.Source.Format;

    /// <summary>
    /// The smallest chunk number that the job's grain has sent to this activation. Recovery takes in only smaller ones:
    /// numbers only rise, so all others are known. 0 once the grain has stopped the chunks: recovery takes in none.
    /// </summary>
    public long FirstNew { get; set; } = long.MaxValue;

    /// <summary>The job's epoch, not the queue's; see <see cref="OpenJobs"/>. No grain knows a recovered one.</summary>
    public long Epoch { get; set; }

    public Dictionary<long, int> Open { get; } = [];

    /// <summary>How many chunks may be open; a guess until a request states it. Shrinking closes none.</summary>
    public int Window { get; set; } = 64;

    public Queue<ChunkPlan> Parked { get; } = new();

    /// <summary>The second runs, which do not count in the window.</summary>
    public Dictionary<long, int> Seconds { get; } = [];

    /// <summary>The moving average of run times of chunks that succeeded, in ms; 0 before the first.</summary>
    public double Usual { get; private set; }

    // At least 1, because 0 means that there is no average.
    public void Note(long took) => Usual = Usual == 0 ? Math.Max(took, 1) : Usual + ((took - Usual) / 8);

    /// <summary>Differs from <see cref="ChunkId"/>, because the task table finds both runs by id.</summary>
    public TaskId SecondId(long chunk) => new(ChunkMark | SecondMark | (ulong)No, (ulong)chunk);

    public TaskId ChunkId(long chunk) => new(ChunkMark | (ulong)No, (ulong)chunk);
}
