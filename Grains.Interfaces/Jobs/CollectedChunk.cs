namespace OrleansTasks.Jobs;

/// <summary>What a chunk's results are, of a job that collects them.</summary>
/// <param name="No">The chunk's number: its place in the source's order.</param>
/// <param name="Lines">The results as lines of JSON.</param>
[GenerateSerializer, Immutable, Alias("ot.CollectedChunk")]
public sealed record CollectedChunk([property: Id(0)] long No, [property: Id(1)] ReadOnlyMemory<byte> Lines);
