using OrleansTasks.Events;

namespace OrleansTasks.Storage;

/// <summary>
/// The newest 10,000 state changes of all nodes together (ready, draining, lost, gone). The store numbers changes from
/// 1, without gaps, and never reuses a number. All methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface INodeEventStore
{
    /// <summary>
    /// Stores changes in order, all or none, with new sequences, and trims the oldest. The caller must already know
    /// that the states differ. After <see cref="OutcomeUnknownException"/>, it reads <see cref="Latest"/> before it
    /// retries.
    /// </summary>
    Task Add(IReadOnlyList<NodeEvent> events);

    /// <summary>
    /// Returns the first and last stored sequence; 0 and 0 if nothing is stored. A reader has missed changes if the
    /// first stored sequence is more than 1 above the last one that it read.
    /// </summary>
    Task<NodeEventPosition> Position();

    /// <summary>
    /// Returns changes after sequence <paramref name="after"/>, in order. Trimmed changes are skipped silently.
    /// </summary>
    Task<ImmutableArray<NodeEvent>> Read(long after, int limit);

    /// <summary>Returns each node's newest change, by node name. Omits nodes whose changes were all trimmed.</summary>
    Task<ImmutableArray<NodeEvent>> Latest();
}
