using OrleansTasks.Definitions;

namespace OrleansTasks.Access;

/// <summary>
/// A stored API key. Hash is the SHA-256 hash of the key's text, 32 bytes. Times are in Unix milliseconds.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.KeyRecord")]
public sealed record KeyRecord(
    [property: Id(0)] string Id,
    [property: Id(1)] string Name,
    [property: Id(2)] ReadOnlyMemory<byte> Hash,
    [property: Id(3)] Scopes Scopes)
{
    /// <summary>Maximum length of <see cref="Name"/> in characters.</summary>
    public const int LongestName = 200;

    /// <summary>When the key was created.</summary>
    [Id(4)]
    public long CreatedAt { get; init; }

    /// <summary>When the key becomes invalid; null for never.</summary>
    [Id(5)]
    public long? ExpiresAt { get; init; }

    /// <summary>When a request last used the key, to about a minute; null for never.</summary>
    [Id(6)]
    public long? LastUsedAt { get; init; }

    /// <summary>The network address of the request at <see cref="LastUsedAt"/>; null if unknown.</summary>
    [Id(7)]
    public string? LastAddress { get; init; }

    /// <summary>
    /// The definitions that <see cref="Access.Scopes.Run"/> applies to: names, in which * stands for any text. Empty if
    /// there are none, or if the record comes from a silo of an earlier version.
    /// </summary>
    [Id(8)]
    public ImmutableArray<string> Definitions { get; init; } = [];

    /// <summary>
    /// Returns whether the key may run a definition and read its runs with the scope <see cref="Access.Scopes.Run"/>.
    /// </summary>
    public bool Runs(string definition) => Scopes.HasFlag(Scopes.Run)
        && !Definitions.IsDefault && Definitions.Any(pattern => DefinitionName.Matches(pattern, definition));

    /// <summary>Returns whether the key is unexpired at a time.</summary>
    public bool IsValidAt(long now) => !(ExpiresAt <= now);

    /// <summary>Returns whether the key has <see cref="Scopes.Admin"/> and is unexpired at a time.</summary>
    public bool IsAdminAt(long now) => Scopes.HasFlag(Scopes.Admin) && IsValidAt(now);
}
