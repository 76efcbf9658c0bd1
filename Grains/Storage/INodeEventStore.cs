using OrleansTasks.Events;

namespace OrleansTasks.Storage;

/// <summary>
/// The newest changes of nodes' states, 10,000 of them. All methods throw <see cref="StoreUnavailableException"/> on failure.
/// </summary>
public interface INodeEventStore
{
    /// <summary>
    /// Stores changes in order, all or none, under the next sequences, whatever sequences they have; removes the oldest beyond the bound.
    /// Called by the fleet grain alone. Throws <see cref="OutcomeUnknownException"/> when nobody can say whether they are stored.
    /// </summary>
    Task Add(IReadOnlyList<NodeEvent> events);

    /// <summary>The first and last stored sequence. Sequences are never given again.</summary>
    Task<NodeEventPosition> Position();

    /// <summary>At most <paramref name="limit"/> changes after a sequence, in order.</summary>
    Task<ImmutableArray<NodeEvent>> Read(long after, int limit);

    /// <summary>The newest change of every node that has any stored, by node.</summary>
    Task<ImmutableArray<NodeEvent>> Latest();
}
