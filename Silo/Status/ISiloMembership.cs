namespace OrleansTasks.Silo.Status;

/// <summary>This silo's place among the silos of its cluster.</summary>
public interface ISiloMembership
{
    /// <summary>Whether this silo has joined, and neither leaves nor is dead. A lone silo joins itself.</summary>
    bool IsActive { get; }

    /// <summary>This silo's name among <see cref="Members"/>. It does not change when the silo starts again at its addresses.</summary>
    string Own { get; }

    /// <summary>The names of the silos for which <see cref="IsActive"/> holds, this one included, in ordinal order.</summary>
    IReadOnlyList<string> Members { get; }

    /// <summary>
    /// Another silo has joined, has left or was declared dead: queues have other homes now. Raised on any thread.
    /// </summary>
    event Action? OthersChanged;
}
