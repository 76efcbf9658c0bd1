using OrleansTasks.Jobs.Insight;
using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The sizes of a job's open chunks, which are cut but not folded yet. The chunks themselves are in the store and with
/// the dispatcher. A chunk without items is a reduction: its segment has parts of one aggregate. Changes precede the
/// commit that stores them; if it fails, this object is discarded.
/// </summary>
internal sealed class OpenChunks
{
    private const long MostBytes = 64L << 20;

    /// <summary>Aggregate index of a chunk that is not a reduction.</summary>
    private const int None = -1;
    private readonly SortedDictionary<long, OpenChunk> chunks = [];
    private readonly HashSet<int> reducing = [];

    public int Count => chunks.Count;

    /// <summary>
    /// Number of open reductions, at most one per aggregate, as callers ensure by <see cref="Reduces"/>.
    /// </summary>
    public int Reducing => reducing.Count;

    /// <summary>
    /// Bytes of all open segments: lines of items, lines to reduce or a file's name; none for a range.
    /// </summary>
    public long Bytes { get; private set; }

    /// <summary>How much of the source is open: bytes of a file, otherwise items.</summary>
    public long Items { get; private set; }

    /// <summary>What a stopping job dropped, in the unit of <see cref="Items"/>. Stored with the progress.</summary>
    public long DroppedItems { get; private set; }

    /// <summary>Highest chunk number so far; 0 before the first. Numbers are never reused.</summary>
    public long LastNo { get; private set; }

    /// <summary>Lowest open number; null if no chunk is open.</summary>
    public long? First => chunks.Count > 0 ? chunks.Keys.First() : null;

    /// <summary>
    /// Whether open segments have reached 64 MiB, all of which the dispatcher holds in memory. If so, only reductions
    /// are cut. The last chunk may exceed the limit.
    /// </summary>
    public bool IsFull => Bytes >= MostBytes;

    /// <summary>Open chunks by number, with their places.</summary>
    public IEnumerable<(long No, SourceSpan Span)> All =>
        chunks.Select(static chunk => (chunk.Key, new SourceSpan(chunk.Value.First, chunk.Value.Items)));

    /// <summary>Returns whether an open chunk reduces this aggregate.</summary>
    public bool Reduces(int aggregate) => reducing.Contains(aggregate);

    /// <summary>Restores a stored job's totals before its chunks. Never lowers <see cref="LastNo"/>.</summary>
    public void Restore(long lastNo, long droppedItems) => (LastNo, DroppedItems) = (Math.Max(LastNo, lastNo), droppedItems);

    /// <summary>Adds a new chunk; returns false if its number is open.</summary>
    public bool Add(ChunkPlan chunk) => Add(chunk, chunk.Segment.Length);

    /// <summary>
    /// Adds a stored chunk after a restart; returns false if its number is open, as for one that ended while the job
    /// was read. The store gives only the segment's start, which identifies a reduction. For an ended chunk it gives no
    /// segment and 0 bytes.
    /// </summary>
    public bool Add(ChunkPlan chunk, int bytes)
    {
        LastNo = Math.Max(LastNo, chunk.No);
        var reduced = Reduction.IsOne(chunk.Items, chunk.Segment.Span) ? Reduction.Read(chunk.Segment).Aggregate : None;
        if (!chunks.TryAdd(chunk.No, new OpenChunk(chunk.First, chunk.Items, bytes, reduced)))
            return false;
        if (reduced != None)
            reducing.Add(reduced);
        Bytes += bytes;
        Items += chunk.Items;
        return true;
    }

    /// <summary>Removes an ended chunk; returns null if it is not open, so a repeated end is folded once.</summary>
    public SourceSpan? Remove(long no)
    {
        if (!chunks.Remove(no, out var chunk))
            return null;
        reducing.Remove(chunk.Reduced);
        Bytes -= chunk.Bytes;
        Items -= chunk.Items;
        return new SourceSpan(chunk.First, chunk.Items);
    }

    /// <summary>
    /// Drops the open chunks, after the commit that dropped them; returns their places in the source's order.
    /// </summary>
    public ImmutableArray<SourceSpan> Drop()
    {
        ImmutableArray<SourceSpan> dropped = [.. All.Select(static chunk => chunk.Span)];
        DroppedItems += Items;
        chunks.Clear();
        reducing.Clear();
        Bytes = Items = 0;
        return dropped;
    }

    private readonly record struct OpenChunk(long First, long Items, int Bytes, int Reduced);
}
