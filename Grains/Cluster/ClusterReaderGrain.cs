using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Cluster;

/// <summary>
/// Reports the health of the store to gateways, from memory: cheap, and available while the store fails. Gateways also
/// call it to learn whether any silo answers.
/// </summary>
[GrainType("cluster-reader"), StatelessWorker(16), Reentrant]
public sealed class ClusterReaderGrain(ITaskStore store) : Grain, IClusterReaderGrain
{
    /// <inheritdoc/>
    public Task<StoreHealth> Store()
    {
        if (this.GetPrimaryKeyString().StartsWith(IClusterReaderGrain.ProbePrefix, StringComparison.Ordinal))
            DeactivateOnIdle();
        return Task.FromResult(store.Health);
    }
}
