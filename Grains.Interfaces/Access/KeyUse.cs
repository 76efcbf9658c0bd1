namespace OrleansTasks.Access;

/// <summary>
/// A request that used a key: its time in Unix milliseconds, and the caller's address, null if unknown.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.KeyUse")]
public sealed record KeyUse(
    [property: Id(0)] string Id, [property: Id(1)] long At, [property: Id(2)] string? Address);
