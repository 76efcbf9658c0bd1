using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Cluster;

/// <summary>
/// Tells gateways the health of the store: it takes work, its disk is nearly full, or its last write failed.
/// Gateways call the grain for their readiness check and for <c>GET /api/v1/cluster</c>.
/// A gateway's link to the silos calls it as well, only to learn whether any silo answers.
/// </summary>
/// <remarks>
/// The grain holds no state, and each silo runs up to 16 activations side by side. The answer is what the silo knows
/// of its store in memory. No query runs, so the call is cheap and succeeds while the store fails.
/// </remarks>
[GrainType("cluster-reader"), StatelessWorker(16), Reentrant]
public sealed class ClusterReaderGrain(ITaskStore store) : Grain, IClusterReaderGrain
{
    /// <inheritdoc/>
    public Task<StoreHealth> Store() => Task.FromResult(store.Health);
}
