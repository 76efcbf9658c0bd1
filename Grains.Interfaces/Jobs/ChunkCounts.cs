namespace OrleansTasks.Jobs;

/// <summary>How many of a job's chunks are open at its dispatcher.</summary>
/// <param name="Waiting">Without a node.</param>
/// <param name="Running">In a node's hands.</param>
[GenerateSerializer, Immutable, Alias("ot.ChunkCounts")]
public readonly record struct ChunkCounts([property: Id(0)] int Waiting, [property: Id(1)] int Running);
