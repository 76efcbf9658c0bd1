namespace OrleansTasks.Access;

/// <summary>An API key as it is stored: never the key itself. Times are Unix milliseconds.</summary>
/// <param name="Id">What <c>otask key revoke</c> takes.</param>
/// <param name="Name">For people.</param>
/// <param name="Hash">SHA-256 of the key's text: 32 bytes.</param>
/// <param name="Scopes">What the key may do.</param>
[GenerateSerializer, Immutable, Alias("ot.KeyRecord")]
public sealed record KeyRecord(
    [property: Id(0)] string Id,
    [property: Id(1)] string Name,
    [property: Id(2)] ReadOnlyMemory<byte> Hash,
    [property: Id(3)] Scopes Scopes)
{
    /// <summary>The most characters of <see cref="Name"/>.</summary>
    public const int LongestName = 200;

    /// <summary>When the key was made.</summary>
    [Id(4)]
    public long CreatedAt { get; init; }

    /// <summary>From when on the key is not valid any more; null for never.</summary>
    [Id(5)]
    public long? ExpiresAt { get; init; }

    /// <summary>When a request last came with the key, to about a minute; null for never.</summary>
    [Id(6)]
    public long? LastUsedAt { get; init; }

    /// <summary>The network address that this request came from; null when there is none.</summary>
    [Id(7)]
    public string? LastAddress { get; init; }

    /// <summary>Whether the key has not expired at a time.</summary>
    public bool IsValidAt(long now) => !(ExpiresAt <= now);

    /// <summary>Whether the key is one with <see cref="Scopes.Admin"/> that has not expired at a time.</summary>
    public bool IsAdminAt(long now) => Scopes.HasFlag(Scopes.Admin) && IsValidAt(now);
}
