using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;

namespace OrleansTasks.Tasks;

/// <summary>An open job as its dispatcher sees it.</summary>
internal sealed class DispatchJob(TaskId id, long no, JobSpec spec)
{
    private const ulong ChunkMark = 0xC0UL << 56;
    private const ulong SecondMark = 1UL << 55;

    public TaskId Id { get; } = id;

    /// <summary>Its number in the partition.</summary>
    public long No { get; } = no;

    public string Name { get; } = spec.Name;

    public ImmutableArray<Label> Requires { get; } = spec.Requires;

    /// <summary>
    /// The turn of its chunks among the nodes; null when the queue's placement applies.
    /// </summary>
    public RingTurn? Ring { get; } = spec.RoundRobin ? new RingTurn(id.ToString()) : null;

    public RetryPolicy Retry { get; } = spec.Retry;

    /// <summary>The plan that every chunk is sent with.</summary>
    public ReadOnlyMemory<byte> Plan { get; } = spec.Plan.ToBytes();

    public byte Format { get; } = (byte)spec.Source.Format;

    /// <summary>
    /// The smallest number of a chunk that the job's grain has brought since the job was taken in; numbers only rise, so a stored chunk
    /// with this one or a larger one is known already. 0 once the grain has stopped its chunks.
    /// </summary>
    public long FirstNew { get; set; } = long.MaxValue;

    /// <summary>The number that the job's grain received when it opened the job last; requests with another one are refused.</summary>
    public long Epoch { get; set; }

    /// <summary>The slots of its open chunks, by number.</summary>
    public Dictionary<long, int> Open { get; } = [];

    /// <summary>How many chunks may be open.</summary>
    public int Window { get; set; } = 64;

    /// <summary>Stored chunks that wait until fewer chunks are open.</summary>
    public Queue<ChunkPlan> Parked { get; } = new();

    /// <summary>The slots of second runs of open chunks, by number.</summary>
    public Dictionary<long, int> Seconds { get; } = [];

    /// <summary>A running average of how long chunks took, in milliseconds; 0 before the first has ended.</summary>
    public double Usual { get; private set; }

    /// <summary>Adds the time of an ended chunk, in milliseconds, to the average.</summary>
    public void Note(long took) => Usual = Usual == 0 ? Math.Max(took, 1) : Usual + ((took - Usual) / 8);

    /// <summary>The id under which a chunk's second run is leased.</summary>
    public TaskId SecondId(long chunk) => new(ChunkMark | SecondMark | (ulong)No, (ulong)chunk);

    /// <summary>
    /// The id under which a chunk is leased. No task has one like it: it would be of the year 6000 or later.
    /// </summary>
    public TaskId ChunkId(long chunk) => new(ChunkMark | (ulong)No, (ulong)chunk);
}
