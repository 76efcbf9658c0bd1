namespace OrleansTasks.Jobs;

/// <summary>
/// A chunk's boundaries, which are fixed before a worker gets the chunk. <paramref name="First"/> is the first item's
/// place in the source, or a range's first integer. The segment has one line per item, each ended by a line feed. It is
/// empty for a range.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.ChunkPlan")]
public sealed record ChunkPlan(
    [property: Id(0)] long No,
    [property: Id(1)] long First,
    [property: Id(2)] long Items,
    [property: Id(3)] ReadOnlyMemory<byte> Segment)
{
    /// <summary>How far the upload that sent these items is stored with them; null for other sources.</summary>
    [Id(4)]
    public UploadMark? Upload { get; init; }
}
