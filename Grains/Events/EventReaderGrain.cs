using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Events;

/// <summary>
/// Reads stored events for gateways: the transitions of tasks and jobs, the changes of nodes' states, and the changes
/// of resources, such as queues. A gateway's
/// event log calls the grain to fetch new events, and to fetch events that are older than those it keeps in memory.
/// </summary>
/// <remarks>
/// <see cref="ReadLog"/> reads the transitions of all queues in the order of their commits.
/// <see cref="NodePosition"/> and <see cref="ReadNodes"/> read the changes of nodes, which have their own sequence.
/// <see cref="ReadResources"/> reads the changes of resources, which have a sequence of their own, too.
/// Every <c>after</c> is exclusive: pass the last number that was read, or 0 to begin with the oldest. The store deletes
/// old events.
/// A read that begins before the oldest stored event does not fail: it returns the events that are left.
/// <see cref="EventLogPage.Trimmed"/> and <see cref="NodeEventPosition.First"/> show the caller what it missed.
/// The grain holds no state, and each silo runs up to 16 activations side by side.
/// A failure of the store reaches the caller as <see cref="StoreUnavailableException"/>.
/// </remarks>
[GrainType("event-reader"), StatelessWorker(16), Reentrant]
public sealed class EventReaderGrain(ITaskStore store, INodeEventStore nodes, IResourceEventStore resources) : Grain, IEventReaderGrain
{
    /// <inheritdoc/>
    public Task<EventLogPage> ReadLog(long after, int limit) => store.ReadEventLog(after, limit);

    /// <inheritdoc/>
    public Task<NodeEventPosition> NodePosition() => nodes.Position();

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeEvent>> ReadNodes(long after, int limit) => nodes.Read(after, limit);

    /// <inheritdoc/>
    public Task<ResourceEventPage> ReadResources(long after, int limit) => resources.Read(after, limit);
}
