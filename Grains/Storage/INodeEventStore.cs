using OrleansTasks.Events;

namespace OrleansTasks.Storage;

/// <summary>
/// The newest changes of nodes' states, 10,000 of them. All methods throw <see cref="StoreUnavailableException"/> on failure.
/// </summary>
public interface INodeEventStore
{
    /// <summary>Stores changes in order, under the next sequences; the oldest beyond the bound are removed.</summary>
    Task Add(IReadOnlyList<NodeEvent> events);

    /// <summary>The first and last stored sequence.</summary>
    Task<NodeEventPosition> Position();

    /// <summary>At most <paramref name="limit"/> changes after a sequence, in order.</summary>
    Task<ImmutableArray<NodeEvent>> Read(long after, int limit);

    /// <summary>The newest change of every node that has any stored, by node.</summary>
    Task<ImmutableArray<NodeEvent>> Latest();
}
