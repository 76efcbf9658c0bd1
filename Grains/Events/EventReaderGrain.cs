using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Events;

/// <summary>
/// Reads stored events for gateways. <c>after</c> is exclusive; 0 starts at the oldest. A read from before the oldest
/// stored event returns what is left; <see cref="EventLogPage.Trimmed"/> and <see cref="NodeEventPosition.First"/>
/// reveal the gap.
/// </summary>
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
