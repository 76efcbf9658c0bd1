using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Access;

/// <summary>
/// Reads the valid API keys from the store for gateways, which have no access to the store.
/// A gateway's key ring calls the grain when a request brings a key and the ring's own list is missing,
/// is too old, or lacks that key. A record has the hash of a key, never the key.
/// </summary>
/// <remarks>
/// The grain holds no state, and each silo runs up to 16 activations side by side.
/// A failure of the store reaches the gateway as <see cref="StoreUnavailableException"/>.
/// The key ring then goes on with its list for a few seconds, and after that the gateway refuses requests with keys.
/// </remarks>
[GrainType("access-reader"), StatelessWorker(16)]
public sealed class AccessReaderGrain(IKeyStore store) : Grain, IAccessReaderGrain
{
    /// <inheritdoc/>
    public Task<ImmutableArray<KeyRecord>> Keys() => store.List();
}
