using Orleans.Concurrency;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Events;

/// <summary>Reads the stored events on behalf of gateways.</summary>
[GrainType("event-reader"), StatelessWorker(16)]
public sealed class EventReaderGrain(ITaskStore store, INodeEventStore nodes) : Grain, IEventReaderGrain
{
    /// <inheritdoc/>
    public Task<ImmutableArray<EventPosition>> Positions() => store.EventPositions();

    /// <inheritdoc/>
    public Task<ImmutableArray<EventRecord>> Read(PartitionKey partition, long after, int limit) =>
        store.ReadEvents(partition, after, limit);

    /// <inheritdoc/>
    public Task<EventLogPage> ReadLog(long after, int limit) => store.ReadEventLog(after, limit);

    /// <inheritdoc/>
    public Task<NodeEventPosition> NodePosition() => nodes.Position();

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeEvent>> ReadNodes(long after, int limit) => nodes.Read(after, limit);
}
