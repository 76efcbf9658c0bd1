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
    /// How far its chunks have gone around the nodes; null when they go where the queue's placement says.
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

    /// <summary>Which opening of the job's grain may ask for things.</summary>
    public long Epoch { get; set; }

    /// <summary>Its open chunks: where they are in the table, by number.</summary>
    public Dictionary<long, int> Open { get; } = [];

    /// <summary>How many chunks may be open.</summary>
    public int Window { get; set; } = 64;

    /// <summary>Chunks that are stored and wait until the open ones are fewer.</summary>
    public Queue<ChunkPlan> Parked { get; } = new();

    /// <summary>Second runs of open chunks, by number.</summary>
    public Dictionary<long, int> Seconds { get; } = [];

    /// <summary>How long chunks took of late, in milliseconds; 0 before the first has ended.</summary>
    public double Usual { get; private set; }

    /// <summary>Takes in what a chunk took, in milliseconds.</summary>
    public void Note(long took) => Usual = Usual == 0 ? Math.Max(took, 1) : Usual + ((took - Usual) / 8);

    /// <summary>The id under which a chunk's second run is leased.</summary>
    public TaskId SecondId(long chunk) => new(ChunkMark | SecondMark | (ulong)No, (ulong)chunk);

    /// <summary>
    /// The id under which a chunk is leased. No task has one like it: it would be of the year 6000 or later.
    /// </summary>
    public TaskId ChunkId(long chunk) => new(ChunkMark | (ulong)No, (ulong)chunk);
}
