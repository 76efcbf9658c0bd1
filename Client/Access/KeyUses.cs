using System.Collections.Concurrent;
using OrleansTasks.Access;

namespace OrleansTasks.Client.Access;

/// <summary>
/// When this gateway last admitted a request with each key. <see cref="KeyUseWriter"/> stores new uses. Thread-safe.
/// </summary>
public sealed class KeyUses(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, KeyUse> latest = new();

    /// <summary>Records a request with a key.</summary>
    /// <param name="key">The key's id.</param>
    /// <param name="address">The IP address of the caller; null if there is none.</param>
    public void Note(string key, string? address) =>
        latest[key] = new KeyUse(key, time.GetUtcNow().ToUnixTimeMilliseconds(), address);

    /// <summary>Returns the last use of a key if it is not stored yet; null otherwise.</summary>
    public KeyUse? Of(string key) => latest.GetValueOrDefault(key);

    /// <summary>Returns the uses that are not stored yet.</summary>
    public ImmutableArray<KeyUse> Unstored() => [.. latest.Values];

    /// <summary>Forgets uses that are now stored, except for keys that were used again since.</summary>
    public void Stored(ImmutableArray<KeyUse> uses)
    {
        foreach (var use in uses)
            latest.TryRemove(new(use.Id, use));
    }
}
