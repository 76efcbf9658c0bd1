namespace OrleansTasks.Simulation.Engine;

/// <summary>What a silo keeps for a grain: an activation, or the workers of a stateless worker.</summary>
internal interface IRequestTarget
{
    /// <summary>How many activations it has.</summary>
    int Count { get; }

    /// <summary>Place in the order of creation.</summary>
    long Number { get; }

    /// <summary>Takes a request.</summary>
    /// <returns>False when it is over and the silo has to make a new one.</returns>
    bool TryAccept(Request request);

    /// <summary>Ends activations that were idle for this long, or for as long as their class says.</summary>
    void CollectIdle(TimeSpan? age);

    /// <summary>Ends it in order.</summary>
    Task EndAsync(DeactivationReason reason, CancellationToken cancellationToken);

    /// <summary>Ends it as a crash does.</summary>
    void Crash();
}
