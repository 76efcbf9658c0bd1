namespace OrleansTasks.Jobs;

/// <summary>
/// A failed item or, if Item and Value are null, a failed chunk. Item is the item's place from 0, or a range's integer;
/// Value is the start of its text. Reason is <c>item-error</c>, <c>chunk-failed</c>, <c>node-lost</c> or
/// <c>too-many-groups</c>. At is in Unix milliseconds.
/// </summary>
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
