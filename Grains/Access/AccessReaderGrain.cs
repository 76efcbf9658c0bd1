using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Access;

/// <summary>
/// Reads the valid API keys for gateways, which have no store. While the store fails, a gateway accepts the keys of its
/// last list for a few more seconds, and then refuses requests.
/// </summary>
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
