namespace OrleansTasks.Jobs;

/// <summary>A chunk's collected results as JSON lines. Chunk numbers follow the source's order.</summary>
[GenerateSerializer, Immutable, Alias("ot.CollectedChunk")]
public sealed record CollectedChunk([property: Id(0)] long No, [property: Id(1)] ReadOnlyMemory<byte> Lines);
