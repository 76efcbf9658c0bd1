using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The open chunks of a job: chunks that were cut and are not folded; the round that cuts them stores them.
/// Tracks their number and size, the aggregates that they reduce, and the numbers assigned to chunks.
/// The chunks' items are not kept in memory.
/// </summary>
internal sealed class OpenChunks
{
    private const long MostBytes = 64L << 20;

    /// <summary>Stands for no aggregate: the chunk is not a reduction.</summary>
    private const int None = -1;
    private readonly SortedDictionary<long, OpenChunk> chunks = [];
    private readonly HashSet<int> reducing = [];

    /// <summary>The number of open chunks.</summary>
    public int Count => chunks.Count;

    /// <summary>The number of open chunks that reduce an aggregate: at most one an aggregate.</summary>
    public int Reducing => reducing.Count;

    /// <summary>
    /// The size of the segments of all open chunks, in bytes: items as lines, lines to reduce, or the name of a file; 0 for a range.
    /// </summary>
    public long Bytes { get; private set; }

    /// <summary>How much of the source is in all open chunks: bytes of a file, items of any other source.</summary>
    public long Items { get; private set; }

    /// <summary>How much of the source was in chunks that were dropped, in the unit of <see cref="Items"/>.</summary>
    public long DroppedItems { get; private set; }

    /// <summary>The largest number assigned to a chunk; 0 before the first chunk.</summary>
    public long LastNo { get; private set; }

    /// <summary>The smallest number of an open chunk; null when no chunk is open.</summary>
    public long? First => chunks.Count > 0 ? chunks.Keys.First() : null;

    /// <summary>Whether the segments of the open chunks have reached 64 MiB. No more of the source is cut then.</summary>
    public bool IsFull => Bytes >= MostBytes;

    /// <summary>Whether an open chunk reduces the aggregate with this index.</summary>
    public bool Reduces(int aggregate) => reducing.Contains(aggregate);

    /// <summary>Restores the largest chunk number and the dropped items of a stored job. Never lowers <see cref="LastNo"/>.</summary>
    public void Restore(long lastNo, long droppedItems) => (LastNo, DroppedItems) = (Math.Max(LastNo, lastNo), droppedItems);

    /// <summary>Adds a chunk. Returns false when the chunk is open already.</summary>
    public bool Add(ChunkPlan chunk) => Add(chunk, chunk.Segment.Length);

    /// <summary>
    /// Adds a stored chunk, whose plan may have only the start of the segment, or none of it when the chunk has ended.
    /// Returns false when the chunk is open already.
    /// </summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="bytes">The size of its whole segment.</param>
    public bool Add(ChunkPlan chunk, int bytes)
    {
        LastNo = Math.Max(LastNo, chunk.No);
        var reduced = Reduction.IsOne(chunk.Items, chunk.Segment.Span) ? Reduction.Read(chunk.Segment).Aggregate : None;
        if (!chunks.TryAdd(chunk.No, new OpenChunk(chunk.Items, bytes, reduced)))
            return false;
        if (reduced != None)
            reducing.Add(reduced);
        Bytes += bytes;
        Items += chunk.Items;
        return true;
    }

    /// <summary>Removes an ended chunk. Returns its size, in the unit of <see cref="Items"/>; null when the chunk is not open.</summary>
    public long? Remove(long no)
    {
        if (!chunks.Remove(no, out var chunk))
            return null;
        reducing.Remove(chunk.Reduced);
        Bytes -= chunk.Bytes;
        Items -= chunk.Items;
        return chunk.Items;
    }

    /// <summary>Removes all open chunks and counts their items as dropped. The job is stopping and cuts nothing afterwards.</summary>
    public void Drop()
    {
        DroppedItems += Items;
        chunks.Clear();
        reducing.Clear();
        Bytes = Items = 0;
    }

    private readonly record struct OpenChunk(long Items, int Bytes, int Reduced);
}
