using OrleansTasks.Access;

namespace OrleansTasks.Storage;

/// <summary>The API keys, as hashes. All methods throw <see cref="StoreUnavailableException"/> on failure.</summary>
public interface IKeyStore
{
    /// <summary>Every valid key, oldest first.</summary>
    Task<ImmutableArray<KeyRecord>> List();

    /// <summary>Stores a key.</summary>
    Task Add(KeyRecord key, long at);

    /// <summary>Ends a key for good; false when there is no such valid key.</summary>
    Task<bool> Revoke(string id, long at);
}
