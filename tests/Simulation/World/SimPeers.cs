using OrleansTasks.Cluster;

namespace OrleansTasks.Simulation.World;

/// <summary>The other silos: each silo tries to hand over when it ends, also to one that is gone.</summary>
internal sealed class SimPeers : IPeerSilos
{
    /// <inheritdoc/>
    public bool AnyActive => true;
}
