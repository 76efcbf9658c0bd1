namespace OrleansTasks.Jobs;

/// <summary>
/// A chunk's boundaries and items, which are fixed before a worker gets the chunk. This is not the plan of a job, which
/// says what workers do with its chunks. <paramref name="First"/> is the first item's place in the source, or a range's
/// first integer. The segment has one line per item, each ended by a line feed. It is empty for a range.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.ChunkPlan")]
public sealed record ChunkPlan(
    [property: Id(0)] long No,
    [property: Id(1)] long First,
    [property: Id(2)] long Items,
    [property: Id(3)] ReadOnlyMemory<byte> Segment)
{
    /// <summary>
    /// How many items of its upload the job has taken once it has this chunk's; stored in the same commit as the chunk.
    /// Null for other sources.
    /// </summary>
    [Id(4)]
    public UploadMark? Upload { get; init; }
}
