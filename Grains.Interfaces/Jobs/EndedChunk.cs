using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>How a chunk ended, as it is on disk.</summary>
/// <param name="No">Its number in the job.</param>
/// <param name="State">Succeeded or failed.</param>
/// <param name="Attempt">The attempt that ended it.</param>
/// <param name="Node">Where that ran.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="Micros">How long it took there, in microseconds.</param>
/// <param name="At">Unix milliseconds.</param>
/// <param name="Report">What the worker reported; empty when nobody did.</param>
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
