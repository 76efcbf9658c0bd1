using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The open chunks of a job: chunks that are stored and not folded.
/// Tracks their number and size, the aggregates that they reduce, and the numbers assigned to chunks.
/// The chunks' items are not kept in memory.
/// </summary>
internal sealed class OpenChunks
{
    private const long MostBytes = 64L << 20;
    private const int None = -1;
    private readonly SortedDictionary<long, OpenChunk> chunks = [];
    private readonly HashSet<int> reducing = [];

    /// <summary>The number of open chunks.</summary>
    public int Count => chunks.Count;

    /// <summary>The number of open chunks that reduce an aggregate.</summary>
    public int Reducing => reducing.Count;

    /// <summary>The size of the items of all open chunks, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>The number of items in all open chunks.</summary>
    public long Items { get; private set; }

    /// <summary>The number of items in chunks that were dropped.</summary>
    public long DroppedItems { get; private set; }

    /// <summary>The largest number assigned to a chunk; 0 before the first chunk.</summary>
    public long LastNo { get; private set; }

    /// <summary>The smallest number of an open chunk; null when no chunk is open.</summary>
    public long? First => chunks.Count > 0 ? chunks.Keys.First() : null;

    /// <summary>Whether the items of the open chunks have reached 64 MiB. No more chunks are cut then.</summary>
    public bool IsFull => Bytes >= MostBytes;

    /// <summary>Whether an open chunk reduces the aggregate with this index.</summary>
    public bool Reduces(int aggregate) => reducing.Contains(aggregate);

    /// <summary>Restores the chunk numbers and dropped items of a stored job.</summary>
    public void Restore(long lastNo, long droppedItems) => (LastNo, DroppedItems) = (Math.Max(LastNo, lastNo), droppedItems);

    /// <summary>Adds a chunk. Returns false when the chunk is open already.</summary>
    public bool Add(ChunkPlan chunk) => Add(chunk, chunk.Segment.Length);

    /// <summary>
    /// Adds a stored chunk, whose plan may have only the start of the items.
    /// Returns false when the chunk is open already.
    /// </summary>
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

    /// <summary>Removes a chunk. Returns the number of its items; null when the chunk is not open.</summary>
    public long? Remove(long no)
    {
        if (!chunks.Remove(no, out var chunk))
            return null;
        reducing.Remove(chunk.Reduced);
        Bytes -= chunk.Bytes;
        Items -= chunk.Items;
        return chunk.Items;
    }

    /// <summary>Removes all open chunks and counts their items as dropped.</summary>
    public void Drop()
    {
        DroppedItems += Items;
        chunks.Clear();
        reducing.Clear();
        Bytes = Items = 0;
    }

    private readonly record struct OpenChunk(long Items, int Bytes, int Reduced);
}
