namespace OrleansTasks.Access;

/// <summary>
/// Lists, makes and revokes API keys for the gateways, which have no access to the store. Key: <see cref="OnlyKey"/>.
/// </summary>
[Alias("ot.IKeyGrain")]
public interface IKeyGrain : IGrainWithStringKey
{
    /// <summary>The grain's key.</summary>
    const string OnlyKey = "keys";

    /// <summary>How many keys there may be that are not revoked. Calls at the same time may make a few more.</summary>
    const int Most = ServiceLimits.Keys;

    /// <summary>Every key that is not revoked, oldest first; those that have expired, too.</summary>
    /// <exception cref="OrleansTasks.Storage.StoreUnavailableException">The store is out of reach.</exception>
    [Alias("List")]
    Task<ImmutableArray<KeyRecord>> List();

    /// <summary>
    /// Stores a key, and returns it with the time of its creation; also when a key with the same id is stored already.
    /// Returns null when there are as many keys as there may be.
    /// </summary>
    /// <exception cref="OrleansTasks.Storage.StoreUnavailableException">The store is out of reach.</exception>
    [Alias("Create")]
    Task<KeyRecord?> Create(KeyRecord key);

    /// <summary>
    /// Revokes a key for good, unless it is the last valid one with <see cref="Scopes.Admin"/>: without one nobody
    /// could make another over HTTP.
    /// </summary>
    /// <exception cref="OrleansTasks.Storage.StoreUnavailableException">The store is out of reach.</exception>
    [Alias("Revoke")]
    Task<KeyOutcome> Revoke(string id);

    /// <summary>Stores when keys were last used. What is older than what is stored changes nothing.</summary>
    /// <exception cref="OrleansTasks.Storage.StoreUnavailableException">The store is out of reach.</exception>
    [Alias("Used")]
    Task Used(ImmutableArray<KeyUse> uses);
}
