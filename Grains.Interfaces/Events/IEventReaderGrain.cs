namespace OrleansTasks.Events;

/// <summary>Reads the stored events for the gateways; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IEventReaderGrain")]
public interface IEventReaderGrain : IGrainWithStringKey
{
    /// <summary>At most <paramref name="limit"/> records of all queues after a number of the log, in the order of their commits.</summary>
    [Alias("ReadLog")]
    Task<EventLogPage> ReadLog(long after, int limit);

    /// <summary>The first and last stored sequence of the nodes' events (0 and 0 when there are none).</summary>
    [Alias("NodePosition")]
    Task<NodeEventPosition> NodePosition();

    /// <summary>At most <paramref name="limit"/> events of nodes after a sequence, in order.</summary>
    [Alias("ReadNodes")]
    Task<ImmutableArray<NodeEvent>> ReadNodes(long after, int limit);

    /// <summary>At most <paramref name="limit"/> events of resources after a sequence, in order.</summary>
    [Alias("ReadResources")]
    Task<ResourceEventPage> ReadResources(long after, int limit);
}
