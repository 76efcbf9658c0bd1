namespace OrleansTasks.Storage.Trust;

/// <summary>What the holder of a cluster certificate may be.</summary>
public enum ClusterRole
{
    /// <summary>A silo: it accepts connections, and connects to other silos.</summary>
    Silo,

    /// <summary>A gateway: it connects to silos.</summary>
    Gateway,
}
