using OrleansTasks.Events;

namespace OrleansTasks.Storage;

/// <summary>
/// The history of the nodes' states (ready, draining, lost, gone): the newest 10,000 changes of all nodes together. The
/// fleet grain adds changes; gateways read them through the event reader grain, and show them as events. A change has a
/// sequence, which the store gives: it rises by 1 with each change, from 1, and is never given again. All methods throw
/// <see cref="StoreUnavailableException"/> when nothing could be read or written.
/// </summary>
public interface INodeEventStore
{
    /// <summary>
    /// Stores changes in the order of the list, all or none, and removes the oldest changes beyond the bound. Ignores
    /// the sequences in <paramref name="events"/>. Does not check whether a state has changed: the caller, the fleet
    /// grain, does. Throws <see cref="OutcomeUnknownException"/> when the store cannot tell whether the changes are
    /// stored; the caller then reads <see cref="Latest"/> before it tries again.
    /// </summary>
    Task Add(IReadOnlyList<NodeEvent> events);

    /// <summary>
    /// Returns the first and the last stored sequence; 0 and 0 when no change is stored. A reader has missed changes
    /// when the first is more than one higher than the last sequence that it read.
    /// </summary>
    Task<NodeEventPosition> Position();

    /// <summary>
    /// Returns at most <paramref name="limit"/> changes with a sequence larger than <paramref name="after"/>, in order;
    /// 0 begins with the oldest stored change. Does not fail when changes after <paramref name="after"/> were removed.
    /// </summary>
    Task<ImmutableArray<NodeEvent>> Read(long after, int limit);

    /// <summary>
    /// Returns the newest change of each node, in the order of the nodes' names. A node of which all changes were
    /// removed is missing.
    /// </summary>
    Task<ImmutableArray<NodeEvent>> Latest();
}
