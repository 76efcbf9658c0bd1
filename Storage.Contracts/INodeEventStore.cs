using OrleansTasks.Events;

namespace OrleansTasks.Storage;

/// <summary>
/// The newest 10,000 state changes of all nodes together (ready, draining, lost, gone). The store numbers changes from
/// 1, without gaps, and never reuses a number. Methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface INodeEventStore
{
    /// <summary>
    /// Stores changes in order, all or none, with new sequences, and trims the oldest. The caller has checked that the
    /// states changed. On <see cref="OutcomeUnknownException"/>, it reads <see cref="Latest"/> before a retry.
    /// </summary>
    Task Add(IReadOnlyList<NodeEvent> events);

    /// <summary>
    /// Returns the first and last stored sequence; 0 and 0 if none. A reader has missed changes if the first exceeds
    /// its last by more than 1.
    /// </summary>
    Task<NodeEventPosition> Position();

    /// <summary>Returns changes after <paramref name="after"/> in order, silently skipping trimmed ones.</summary>
    Task<ImmutableArray<NodeEvent>> Read(long after, int limit);

    /// <summary>Returns each node's newest change, by name; nodes whose changes were all trimmed are missing.</summary>
    Task<ImmutableArray<NodeEvent>> Latest();
}
