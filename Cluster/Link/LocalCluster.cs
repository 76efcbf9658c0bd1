namespace OrleansTasks.Cluster.Link;

/// <summary>The link to a silo in the same process, which is always up.</summary>
public sealed class LocalCluster : IClusterLink
{
    /// <inheritdoc/>
    public event Action? Restored
    {
        add { }
        remove { }
    }

    /// <inheritdoc/>
    public bool IsUp => true;

    /// <inheritdoc/>
    public string Silos => "this process";

    /// <inheritdoc/>
    public Task<bool> WaitUp(TimeSpan limit) => Task.FromResult(true);
}
