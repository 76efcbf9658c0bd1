namespace OrleansTasks.Silo.Status;

/// <summary>A gateway's way to the silos, and whether it is open now.</summary>
public interface IClusterLink
{
    /// <summary>Whether a silo answers, as far as is known without asking. Cheap.</summary>
    bool IsUp { get; }

    /// <summary>Where the silos are, for people.</summary>
    string Silos { get; }

    /// <summary>Raised each time a silo answers again, the first included: subscriptions made before are gone.</summary>
    event Action? Restored;

    /// <summary>Waits until a silo answers, at most so long; false when none has.</summary>
    Task<bool> WaitUp(TimeSpan limit);
}
