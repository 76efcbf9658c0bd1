namespace OrleansTasks.Jobs;

/// <summary>The numbers of a job's open chunks: those that wait for a node, and those that a node holds.</summary>
[GenerateSerializer, Immutable, Alias("ot.ChunkCounts")]
public readonly record struct ChunkCounts([property: Id(0)] int Waiting, [property: Id(1)] int Running);
