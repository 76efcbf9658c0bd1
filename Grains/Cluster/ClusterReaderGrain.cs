using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Cluster;

/// <summary>Reads how the silos' side is on behalf of gateways.</summary>
[GrainType("cluster-reader"), StatelessWorker(16)]
public sealed class ClusterReaderGrain(ITaskStore store) : Grain, IClusterReaderGrain
{
    /// <inheritdoc/>
    public Task<StoreHealth> Store() => Task.FromResult(store.Health);
}
