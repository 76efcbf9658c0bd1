namespace OrleansTasks.Silo.Status;

/// <summary>This silo's place among the silos of its cluster.</summary>
public interface ISiloMembership
{
    /// <summary>Whether this silo has joined, and neither leaves nor is dead. A lone silo joins itself.</summary>
    bool IsActive { get; }

    /// <summary>Another silo has left or was declared dead: look after what it had. Raised on any thread.</summary>
    event Action? OtherLeft;
}
