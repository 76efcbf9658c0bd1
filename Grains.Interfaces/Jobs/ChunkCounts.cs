namespace OrleansTasks.Jobs;

/// <summary>How many of a job's open chunks wait for a node, and how many a node holds.</summary>
[GenerateSerializer, Immutable, Alias("ot.ChunkCounts")]
public readonly record struct ChunkCounts([property: Id(0)] int Waiting, [property: Id(1)] int Running);
