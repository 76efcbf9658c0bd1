namespace OrleansTasks.Jobs;

/// <summary>The boundaries of one chunk; fixed before any worker sees it.</summary>
/// <param name="No">Its number in the job, from 1.</param>
/// <param name="First">Its first item's place in the source, from 0; of a range its first integer.</param>
/// <param name="Items">How many items it has.</param>
/// <param name="Segment">The items as lines, each ended by a line feed; empty for a range.</param>
[GenerateSerializer, Immutable, Alias("ot.ChunkPlan")]
public sealed record ChunkPlan(
    [property: Id(0)] long No,
    [property: Id(1)] long First,
    [property: Id(2)] long Items,
    [property: Id(3)] ReadOnlyMemory<byte> Segment);
