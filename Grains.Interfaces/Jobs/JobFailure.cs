namespace OrleansTasks.Jobs;

/// <summary>An item or a chunk that failed.</summary>
/// <param name="Chunk">The chunk's number.</param>
/// <param name="Item">The item's place in the source, from 0, or the integer itself; null when it is the whole chunk.</param>
/// <param name="Reason">Why, a stable word: <c>item-error</c>, <c>chunk-failed</c>, <c>node-lost</c>, <c>too-many-groups</c>.</param>
/// <param name="Message">Why, in words.</param>
/// <param name="Value">The start of the item; null when it is the whole chunk.</param>
/// <param name="Attempt">The chunk's attempt.</param>
/// <param name="Node">Where that ran.</param>
/// <param name="At">Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.JobFailure")]
public sealed record JobFailure(
    [property: Id(0)] long Chunk,
    [property: Id(1)] long? Item,
    [property: Id(2)] string Reason,
    [property: Id(3)] string Message,
    [property: Id(4)] string? Value,
    [property: Id(5)] int Attempt,
    [property: Id(6)] string Node,
    [property: Id(7)] long At);
