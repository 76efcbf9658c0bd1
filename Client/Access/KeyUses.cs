using System.Collections.Concurrent;
using OrleansTasks.Access;

namespace OrleansTasks.Client.Access;

/// <summary>
/// When this gateway last let a request pass by each key. <see cref="KeyUseWriter"/> has what is new stored.
/// Thread-safe.
/// </summary>
public sealed class KeyUses(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, KeyUse> latest = new();

    /// <summary>Notes that a request came with a key.</summary>
    /// <param name="key">The key's id.</param>
    /// <param name="address">The network address that the request came from.</param>
    public void Note(string key, string? address) =>
        latest[key] = new KeyUse(key, time.GetUtcNow().ToUnixTimeMilliseconds(), address);

    /// <summary>The last use of a key that is not stored yet; null for none.</summary>
    public KeyUse? Of(string key) => latest.GetValueOrDefault(key);

    /// <summary>The uses that are not stored yet.</summary>
    public ImmutableArray<KeyUse> Unstored() => [.. latest.Values];

    /// <summary>Notes that uses are stored, and forgets them, but for keys that were used again.</summary>
    public void Stored(ImmutableArray<KeyUse> uses)
    {
        foreach (var use in uses)
            latest.TryRemove(new(use.Id, use));
    }
}
