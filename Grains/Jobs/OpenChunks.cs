using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The open chunks of a job: chunks that were cut from the source and whose results are not folded (merged) into the
/// job's aggregates yet. They wait for a worker, are with one, or have just ended. <see cref="JobCore"/> adds each
/// chunk that it cuts, under the number after <see cref="LastNo"/>, removes each chunk that it folds, and reads the
/// totals to decide whether to cut more.
/// </summary>
/// <remarks>
/// Only numbers and sizes are in memory. The chunks themselves are in the store, and with the dispatcher that
/// hands them to workers. A chunk carries its items as bytes, the segment. A chunk without items is a reduction:
/// its segment has partial results of one aggregate, which the aggregate's command combines.
/// Changes come before the commit that stores them. When the commit fails, this object is discarded.
/// </remarks>
internal sealed class OpenChunks
{
    private const long MostBytes = 64L << 20;

    /// <summary>The index of no aggregate, for a chunk that is not a reduction.</summary>
    private const int None = -1;
    private readonly SortedDictionary<long, OpenChunk> chunks = [];
    private readonly HashSet<int> reducing = [];

    /// <summary>The number of open chunks.</summary>
    public int Count => chunks.Count;

    /// <summary>
    /// The number of open reductions. Each aggregate has at most one, because the caller asks <see cref="Reduces"/>
    /// before it adds one.
    /// </summary>
    public int Reducing => reducing.Count;

    /// <summary>
    /// The size of the segments of all open chunks, in bytes. A segment has items as lines, lines to reduce,
    /// or the name of the file that the worker reads; the segment of a range is empty.
    /// </summary>
    public long Bytes { get; private set; }

    /// <summary>How much of the source is in all open chunks: bytes of a file, items of any other source.</summary>
    public long Items { get; private set; }

    /// <summary>
    /// How much of the source was cut but never processed, because a job that was stopping dropped its open chunks;
    /// in the unit of <see cref="Items"/>. Stored with the progress, since a job that has ended is shown from it.
    /// </summary>
    public long DroppedItems { get; private set; }

    /// <summary>
    /// The largest number that a chunk of this job has had; 0 before the first chunk. Numbers are not used again.
    /// </summary>
    public long LastNo { get; private set; }

    /// <summary>The smallest number of an open chunk; null when no chunk is open.</summary>
    public long? First => chunks.Count > 0 ? chunks.Keys.First() : null;

    /// <summary>
    /// Whether the segments of the open chunks have reached 64 MiB. No more of the source is cut then,
    /// because the dispatcher holds all segments in memory. The chunk that reaches the bound may exceed it,
    /// and reductions are cut all the same.
    /// </summary>
    public bool IsFull => Bytes >= MostBytes;

    /// <summary>The open chunks by number, with their places in the source.</summary>
    public IEnumerable<(long No, SourceSpan Span)> All =>
        chunks.Select(static chunk => (chunk.Key, new SourceSpan(chunk.Value.First, chunk.Value.Items)));

    /// <summary>Whether an open chunk reduces the aggregate with this index.</summary>
    public bool Reduces(int aggregate) => reducing.Contains(aggregate);

    /// <summary>
    /// Sets the largest chunk number and the dropped items of a stored job, before its chunks are added.
    /// Never lowers <see cref="LastNo"/>.
    /// </summary>
    public void Restore(long lastNo, long droppedItems) => (LastNo, DroppedItems) = (Math.Max(LastNo, lastNo), droppedItems);

    /// <summary>Adds a chunk that was just cut. Returns false when its number is open already.</summary>
    public bool Add(ChunkPlan chunk) => Add(chunk, chunk.Segment.Length);

    /// <summary>
    /// Adds a stored chunk after a restart. Returns false when its number is open already,
    /// which happens to a chunk that ended while the job was being read.
    /// </summary>
    /// <param name="chunk">
    /// The chunk. Of its segment the store gives only the start, which suffices to recognize a reduction,
    /// and nothing when it has ended.
    /// </param>
    /// <param name="bytes">The size of the whole segment in the store; 0 when the chunk has ended.</param>
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

    /// <summary>
    /// Removes an ended chunk. Returns its place in the source; null when the chunk is not open, so that a chunk whose end is told twice is folded once.
    /// </summary>
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
    /// Removes all open chunks and counts their items as dropped. Called when a cancelled or failed job ends,
    /// after the commit that dropped the chunks at the dispatcher. Returns the chunks' places, in the source's order.
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
