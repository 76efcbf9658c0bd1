using OrleansTasks.Access;

namespace OrleansTasks.Storage;

/// <summary>
/// The API keys, as hashes. Another process (the key command) may add and revoke keys beside a running service. All methods throw
/// <see cref="StoreUnavailableException"/> on failure, and those that write throw <see cref="OutcomeUnknownException"/> when nobody can say
/// whether they have.
/// </summary>
public interface IKeyStore
{
    /// <summary>Every valid key, oldest first.</summary>
    Task<ImmutableArray<KeyRecord>> List();

    /// <summary>Stores a key under a new id.</summary>
    /// <param name="key">The key, with the hash of its secret.</param>
    /// <param name="at">Unix milliseconds of its creation.</param>
    Task Add(KeyRecord key, long at);

    /// <summary>Ends a key for good, at a time in Unix milliseconds; false when there is no such valid key.</summary>
    Task<bool> Revoke(string id, long at);
}
