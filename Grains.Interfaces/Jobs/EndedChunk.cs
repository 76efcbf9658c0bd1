using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>The stored end of a chunk. Micros is its duration; At is in Unix milliseconds. Report may be empty.</summary>
[GenerateSerializer, Immutable, Alias("ot.EndedChunk")]
public sealed record EndedChunk(
    [property: Id(0)] long No,
    [property: Id(1)] TaskState State,
    [property: Id(2)] int Attempt,
    [property: Id(3)] string Node,
    [property: Id(4)] EndReason Reason,
    [property: Id(5)] long Micros,
    [property: Id(6)] long At,
    [property: Id(7)] ReadOnlyMemory<byte> Report);
