using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>
/// An open data job as the dispatcher of its queue sees it: what its chunks ask of a node, and where each of
/// its stored, unended chunks stands. The job's grain cuts the chunks and folds their results; the dispatcher only has
/// nodes run them (a run is one execution of a chunk). <see cref="OpenJobs"/> creates this object, when the job is
/// created or read from the store, and discards it when the job ends; <see cref="ChunkRuns"/> adds and ends the runs.
/// In memory only.
/// </summary>
/// <remarks>
/// A chunk that has not ended is parked or open. Chunks that recovery has not read from the store yet, and chunks that
/// were dropped because the job stops, are neither.
/// <code>
/// parked               in Parked          stored and without a run, because the window is full
/// open, with one run   in Open            queued, waiting for a retry, or held by a node
/// open, with two runs  in Open, Seconds   the second run is there because the first takes too long
/// </code>
/// </remarks>
internal sealed class DispatchJob(TaskId id, long no, JobSpec spec)
{
    /// <summary>
    /// The highest bits of every chunk run's id. A task's id begins with the time of its creation, which these bits
    /// would put into the year 8659 or later, so no chunk run's id is a task's id.
    /// </summary>
    private const ulong ChunkMark = 0xC0UL << 56;

    /// <summary>
    /// The bit that only the ids of <see cref="SecondId"/> have. The job's number is in the lower bits.
    /// </summary>
    private const ulong SecondMark = 1UL << 55;

    public TaskId Id { get; } = id;

    /// <summary>The job's number in the queue.</summary>
    public long No { get; } = no;

    public string Name { get; } = spec.Name;

    /// <summary>The labels that a node must carry to run the job's chunks.</summary>
    public ImmutableArray<Label> Requires { get; } = spec.Requires;

    /// <summary>
    /// Remembers which node received the job's latest chunk, if the spec sends chunks to the nodes in turn. Null when
    /// the queue's placement chooses the node.
    /// </summary>
    public RingTurn? Ring { get; } = spec.RoundRobin ? new RingTurn(id.ToString()) : null;

    /// <summary>The retry policy of first runs. A second run has the same with one attempt.</summary>
    public RetryPolicy Retry { get; } = spec.Retry;

    /// <summary>What a worker does with every chunk, encoded. Each start command carries it.</summary>
    public ReadOnlyMemory<byte> Plan { get; } = spec.Plan.ToBytes();

    /// <summary>What the job's commands see besides. Each start command carries it.</summary>
    public ImmutableArray<EnvironmentVariable> Env { get; } = spec.Env;

    /// <summary>The items' <c>ItemFormat</c>, as a number. Each start command carries it.</summary>
    public byte Format { get; } = (byte)spec.Source.Format;

    /// <summary>
    /// The smallest number of the chunks that the job's grain has sent to this activation; <see cref="long.MaxValue"/>
    /// before the first. Recovery, which reads stored chunks meanwhile, takes in only those with a smaller number:
    /// chunk numbers only rise, so all others are known already. 0 once the grain has stopped the job's chunks:
    /// recovery then takes in none.
    /// </summary>
    public long FirstNew { get; set; } = long.MaxValue;

    /// <summary>
    /// The job's epoch (not the queue's). The dispatcher gives a new one each time an activation of the job's grain
    /// creates or opens the job, and refuses requests with any other, so an older activation changes nothing.
    /// After recovery no activation knows it until one opens the job.
    /// </summary>
    public long Epoch { get; set; }

    /// <summary>The open chunks: by chunk number, the slot of the first run in the task table.</summary>
    public Dictionary<long, int> Open { get; } = [];

    /// <summary>
    /// How many chunks may be open; further chunks are parked. The job's grain sends the window with its requests, and
    /// 64 is the guess until then. When the window shrinks, the open chunks stay open.
    /// </summary>
    public int Window { get; set; } = 64;

    /// <summary>The parked chunks, in order of arrival. Each round opens as many as the window allows.</summary>
    public Queue<ChunkPlan> Parked { get; } = new();

    /// <summary>
    /// The second runs: by chunk number, their slot in the task table. Second runs do not count in the window.
    /// </summary>
    public Dictionary<long, int> Seconds { get; } = [];

    /// <summary>
    /// The running average of the time that chunks took which succeeded, in milliseconds of the workers' clocks.
    /// 0 before the first; <see cref="Stragglers"/> then finds no chunk slow.
    /// </summary>
    public double Usual { get; private set; }

    /// <summary>
    /// Adds the time of a chunk that succeeded, in milliseconds, to the average; a new time counts one eighth. The
    /// first counts as at least 1 ms, because an average of 0 means that there is none.
    /// </summary>
    public void Note(long took) => Usual = Usual == 0 ? Math.Max(took, 1) : Usual + ((took - Usual) / 8);

    /// <summary>
    /// Returns the id of a chunk's second run. It differs from <see cref="ChunkId"/> because the task table finds both
    /// runs by id. If the second run has become the first, the next second run gets <see cref="ChunkId"/>.
    /// </summary>
    public TaskId SecondId(long chunk) => new(ChunkMark | SecondMark | (ulong)No, (ulong)chunk);

    /// <summary>
    /// Returns the id of a chunk's first run in the task table and in messages about its lease. A second run that
    /// becomes the first keeps its own id.
    /// </summary>
    public TaskId ChunkId(long chunk) => new(ChunkMark | (ulong)No, (ulong)chunk);
}
