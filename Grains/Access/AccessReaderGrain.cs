using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Access;

/// <summary>Reads the valid keys on behalf of gateways.</summary>
[GrainType("access-reader"), StatelessWorker(16)]
public sealed class AccessReaderGrain(IKeyStore store) : Grain, IAccessReaderGrain
{
    /// <inheritdoc/>
    public Task<ImmutableArray<KeyRecord>> Keys() => store.List();
}
