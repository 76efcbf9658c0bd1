namespace OrleansTasks.Cluster;

/// <summary>The other silos of this silo's cluster.</summary>
public interface IPeerSilos
{
    /// <summary>Whether one of them is active, as far as this silo knows.</summary>
    bool AnyActive { get; }
}
