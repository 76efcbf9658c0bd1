namespace OrleansTasks.Access;

/// <summary>
/// Manages API keys for gateways, which cannot access the store. Every method throws
/// <see cref="OrleansTasks.Storage.StoreUnavailableException"/> if the store is unreachable.
/// </summary>
[Alias("ot.IKeyGrain")]
public interface IKeyGrain : IGrainWithStringKey
{
    /// <summary>Key of the only grain of this type.</summary>
    const string OnlyKey = "keys";

    /// <summary>Limit on keys that are not revoked; concurrent calls may exceed it slightly.</summary>
    const int Most = ServiceLimits.Keys;

    /// <summary>Returns every key that is not revoked, including expired ones, oldest first.</summary>
    [Alias("List")]
    Task<ImmutableArray<KeyRecord>> List();

    /// <summary>Stores a key and returns it with its creation time. Idempotent by id. Null at the limit.</summary>
    [Alias("Create")]
    Task<KeyRecord?> Create(KeyRecord key);

    /// <summary>Revokes a key, unless it is the last valid admin key: nobody could create another over HTTP.</summary>
    [Alias("Revoke")]
    Task<KeyOutcome> Revoke(string id);

    /// <summary>Stores when keys were last used; ignores uses older than the stored ones.</summary>
    [Alias("Used")]
    Task Used(ImmutableArray<KeyUse> uses);
}
