using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The chunks of a job that are stored and not folded: how many, how large, which aggregates they reduce, and the numbers given out. Their
/// items are in the store alone.
/// </summary>
internal sealed class OpenChunks
{
    private const long MostBytes = 64L << 20;
    private const int None = -1;
    private readonly SortedDictionary<long, OpenChunk> chunks = [];
    private readonly HashSet<int> reducing = [];

    /// <summary>How many are open.</summary>
    public int Count => chunks.Count;

    /// <summary>How many of them reduce parts of an aggregate.</summary>
    public int Reducing => reducing.Count;

    /// <summary>How many bytes their items have.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many items they have.</summary>
    public long Items { get; private set; }

    /// <summary>How many items they had that were dropped.</summary>
    public long DroppedItems { get; private set; }

    /// <summary>The largest number that was given to a chunk.</summary>
    public long LastNo { get; private set; }

    /// <summary>The smallest number of an open one; null when none is open.</summary>
    public long? First => chunks.Count > 0 ? chunks.Keys.First() : null;

    /// <summary>Whether their items are as large as may be.</summary>
    public bool IsFull => Bytes >= MostBytes;

    /// <summary>Whether one of them reduces parts of an aggregate.</summary>
    public bool Reduces(int aggregate) => reducing.Contains(aggregate);

    /// <summary>Goes on where a stored job stands.</summary>
    public void Restore(long lastNo, long droppedItems) => (LastNo, DroppedItems) = (Math.Max(LastNo, lastNo), droppedItems);

    /// <summary>Adds a chunk; false when it is open already.</summary>
    public bool Add(ChunkPlan chunk) => Add(chunk, chunk.Segment.Length);

    /// <summary>Adds a chunk of which no more than the start of its items is known; false when it is open already.</summary>
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

    /// <summary>Takes a chunk away and tells how many items it has; null when it is not open.</summary>
    public long? Remove(long no)
    {
        if (!chunks.Remove(no, out var chunk))
            return null;
        reducing.Remove(chunk.Reduced);
        Bytes -= chunk.Bytes;
        Items -= chunk.Items;
        return chunk.Items;
    }

    /// <summary>Forgets all that are open.</summary>
    public void Drop()
    {
        DroppedItems += Items;
        chunks.Clear();
        reducing.Clear();
        Bytes = Items = 0;
    }

    private readonly record struct OpenChunk(long Items, int Bytes, int Reduced);
}
