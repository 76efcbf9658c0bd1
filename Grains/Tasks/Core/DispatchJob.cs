using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;

namespace OrleansTasks.Tasks;

/// <summary>
/// An open job as its dispatcher sees it: what its chunks ask for, and which of them are open or parked. In memory only. A chunk is open
/// while it has a run, queued or held by a node; it is in <see cref="Open"/> or <see cref="Parked"/>, never in both.
/// </summary>
internal sealed class DispatchJob(TaskId id, long no, JobSpec spec)
{
    /// <summary>
    /// The highest bits of every chunk run's id. A task's id begins with a time: with these bits it would be of the year 6000 or later.
    /// </summary>
    private const ulong ChunkMark = 0xC0UL << 56;

    /// <summary>The bit that second runs' ids have besides; the job's number is below it.</summary>
    private const ulong SecondMark = 1UL << 55;

    public TaskId Id { get; } = id;

    /// <summary>Its number in the partition.</summary>
    public long No { get; } = no;

    public string Name { get; } = spec.Name;

    public ImmutableArray<Label> Requires { get; } = spec.Requires;

    /// <summary>
    /// Which node received its last chunk, if its chunks go around the nodes; null when the queue's placement applies.
    /// </summary>
    public RingTurn? Ring { get; } = spec.RoundRobin ? new RingTurn(id.ToString()) : null;

    /// <summary>The policy of every chunk's first run.</summary>
    public RetryPolicy Retry { get; } = spec.Retry;

    /// <summary>The encoded plan that every chunk is sent with.</summary>
    public ReadOnlyMemory<byte> Plan { get; } = spec.Plan.ToBytes();

    /// <summary>The number of the source's format, for workers.</summary>
    public byte Format { get; } = (byte)spec.Source.Format;

    /// <summary>
    /// The smallest number of a chunk that the job's grain has brought since the job was taken in; <see cref="long.MaxValue"/> before
    /// the first. Numbers only rise, so a stored chunk with this number or a larger one is known already when recovery reads it. 0 once
    /// the grain has stopped its chunks: recovery takes none in any more.
    /// </summary>
    public long FirstNew { get; set; } = long.MaxValue;

    /// <summary>
    /// The job's epoch (not the partition's): the number that the job's grain received when it created or opened the job last. Requests
    /// with another one are refused.
    /// </summary>
    public long Epoch { get; set; }

    /// <summary>The open chunks: by chunk number, the slot of the first run in the task table. Stored nowhere.</summary>
    public Dictionary<long, int> Open { get; } = [];

    /// <summary>How many chunks may be open; more are parked. The job's grain sends it with its requests; 64 until then.</summary>
    public int Window { get; set; } = 64;

    /// <summary>Stored chunks that have no run until fewer chunks are open, in the order in which they came.</summary>
    public Queue<ChunkPlan> Parked { get; } = new();

    /// <summary>The second runs: by chunk number, the slot in the task table. Each of these chunks is in <see cref="Open"/>, too.</summary>
    public Dictionary<long, int> Seconds { get; } = [];

    /// <summary>A running average of how long chunks took that succeeded, in milliseconds; 0 before the first.</summary>
    public double Usual { get; private set; }

    /// <summary>Adds the time of a chunk that succeeded, in milliseconds, to the average. The first counts as at least 1 ms.</summary>
    public void Note(long took) => Usual = Usual == 0 ? Math.Max(took, 1) : Usual + ((took - Usual) / 8);

    /// <summary>
    /// The id under which a run beside the one with <see cref="ChunkId"/> is leased: two runs need two ids in the task table.
    /// </summary>
    public TaskId SecondId(long chunk) => new(ChunkMark | SecondMark | (ulong)No, (ulong)chunk);

    /// <summary>The id under which a chunk's first run is leased. No task has one like it.</summary>
    public TaskId ChunkId(long chunk) => new(ChunkMark | (ulong)No, (ulong)chunk);
}
