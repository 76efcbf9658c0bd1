namespace OrleansTasks.Jobs;

/// <summary>A range of chunk numbers, both ends included.</summary>
[GenerateSerializer, Immutable, Alias("ot.ChunkRange")]
public readonly record struct ChunkRange([property: Id(0)] long First, [property: Id(1)] long Last);
