namespace OrleansTasks.Access;

/// <summary>
/// Manages API keys for gateways, which cannot access the store. Every method throws
/// <see cref="OrleansTasks.Storage.StoreUnavailableException"/> if the store is unreachable.
/// </summary>
[Alias("ot.IKeyGrain")]
public interface IKeyGrain : IGrainWithStringKey
{
    /// <summary>The key of the only grain of this type.</summary>
    const string OnlyKey = "keys";

    /// <summary>Maximum number of keys that are not revoked; concurrent calls may exceed it slightly.</summary>
    const int Most = ServiceLimits.Keys;

    /// <summary>Returns every key that is not revoked, including expired ones, oldest first.</summary>
    [Alias("List")]
    Task<ImmutableArray<KeyRecord>> List();

    /// <summary>
    /// Stores a key and returns it with its creation time; null at the limit. Safe to repeat with the same id.
    /// </summary>
    [Alias("Create")]
    Task<KeyRecord?> Create(KeyRecord key);

    /// <summary>
    /// Revokes a key, unless it is the last valid admin key, without which no key could be created over HTTP.
    /// </summary>
    [Alias("Revoke")]
    Task<KeyOutcome> Revoke(string id);

    /// <summary>Stores when keys were last used. Ignores uses older than the stored ones.</summary>
    [Alias("Used")]
    Task Used(ImmutableArray<KeyUse> uses);
}
