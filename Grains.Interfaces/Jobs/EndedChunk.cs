using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The stored end of a chunk. Micros is its duration in microseconds, and At its end in Unix milliseconds. The report
/// is empty if no worker sent one.
/// </summary>
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
