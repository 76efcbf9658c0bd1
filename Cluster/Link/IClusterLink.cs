namespace OrleansTasks.Cluster.Link;

/// <summary>A gateway's link to the silos, and whether it is up.</summary>
public interface IClusterLink
{
    /// <summary>Whether a silo answers, as far as is known without a call. Cheap to read.</summary>
    bool IsUp { get; }

    /// <summary>Where the silos are, as human-readable text.</summary>
    string Silos { get; }

    /// <summary>
    /// Raised each time a silo answers again, including the first time. Subscriptions made before are lost.
    /// </summary>
    event Action? Restored;

    /// <summary>Waits until a silo answers, at most for the given time. Returns false if none has.</summary>
    Task<bool> WaitUp(TimeSpan limit);
}
