namespace OrleansTasks.Jobs;

/// <summary>Chunk numbers from a first to a last one, both included.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
[GenerateSerializer, Immutable, Alias("ot.ChunkRange")]
public readonly record struct ChunkRange([property: Id(0)] long First, [property: Id(1)] long Last);
