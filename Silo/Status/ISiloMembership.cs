namespace OrleansTasks.Silo.Status;

/// <summary>This silo's membership in its cluster.</summary>
public interface ISiloMembership
{
    /// <summary>Whether this silo has joined, and is neither leaving nor dead. A lone silo joins itself.</summary>
    bool IsActive { get; }

    /// <summary>
    /// This silo's name among <see cref="Members"/>. Unchanged when the silo restarts at its addresses.
    /// </summary>
    string Own { get; }

    /// <summary>
    /// The names of the silos for which <see cref="IsActive"/> holds, including this one, in ordinal order.
    /// </summary>
    IReadOnlyList<string> Members { get; }

    /// <summary>
    /// Raised, on any thread, when another silo has joined, left or been declared dead, which changes the homes of
    /// queues.
    /// </summary>
    event Action? OthersChanged;
}
