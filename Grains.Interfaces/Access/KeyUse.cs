namespace OrleansTasks.Access;

/// <summary>A request that came with a key.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="At">When, in Unix milliseconds.</param>
/// <param name="Address">The network address that it came from; null when there is none.</param>
[GenerateSerializer, Immutable, Alias("ot.KeyUse")]
public sealed record KeyUse(
    [property: Id(0)] string Id, [property: Id(1)] long At, [property: Id(2)] string? Address);
