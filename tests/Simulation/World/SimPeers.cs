using OrleansTasks.Cluster;

namespace OrleansTasks.Simulation.World;

/// <summary>
/// Reports another silo even if all others are dead, so that each silo that stops tries to hand over.
/// </summary>
internal sealed class SimPeers : IPeerSilos
{
    /// <inheritdoc/>
    public bool AnyActive => true;
}
