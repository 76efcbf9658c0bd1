using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Access;

/// <summary>
/// Reads the valid API keys from the store for gateways, which have no access to the store.
/// A gateway's key ring calls the grain when a request brings a key, or a session that stands for a key, and the ring's
/// own list is missing, is too old, or lacks that key. A record has the hash of a key, never the key.
/// </summary>
/// <remarks>
/// The grain holds no state, and each silo runs up to 16 activations side by side.
/// A failure of the store reaches the gateway as <see cref="StoreUnavailableException"/>.
/// For a few seconds the key ring then still accepts the keys of its list. After that, and for any other key, the
/// gateway refuses the request.
/// </remarks>
[GrainType("access-reader"), StatelessWorker(16), Reentrant]
public sealed class AccessReaderGrain(IKeyStore store, TimeProvider time) : Grain, IAccessReaderGrain
{
    /// <inheritdoc/>
    public async Task<ImmutableArray<KeyRecord>> Keys()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return [.. (await store.List()).Where(key => key.IsValidAt(now))];
    }
}
