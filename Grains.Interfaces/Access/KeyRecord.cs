namespace OrleansTasks.Access;

/// <summary>An API key as it is stored: never the key itself.</summary>
/// <param name="Id">What <c>otask key revoke</c> takes.</param>
/// <param name="Name">For people.</param>
/// <param name="Hash">SHA-256 of the key's text: 32 bytes.</param>
/// <param name="Scopes">What the key may do.</param>
[GenerateSerializer, Immutable, Alias("ot.KeyRecord")]
public sealed record KeyRecord(
    [property: Id(0)] string Id,
    [property: Id(1)] string Name,
    [property: Id(2)] ReadOnlyMemory<byte> Hash,
    [property: Id(3)] Scopes Scopes);
