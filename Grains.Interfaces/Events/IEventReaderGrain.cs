namespace OrleansTasks.Events;

/// <summary>Reads the stored events for the gateways; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IEventReaderGrain")]
public interface IEventReaderGrain : IGrainWithStringKey
{
    /// <summary>
    /// Returns at most <paramref name="limit"/> records of all queues after a log number, in commit order.
    /// </summary>
    [Alias("ReadLog")]
    Task<EventLogPage> ReadLog(long after, int limit);

    /// <summary>Returns the first and last stored sequence of node events.</summary>
    [Alias("NodePosition")]
    Task<NodeEventPosition> NodePosition();

    /// <summary>Returns at most <paramref name="limit"/> node events after a sequence, in order.</summary>
    [Alias("ReadNodes")]
    Task<ImmutableArray<NodeEvent>> ReadNodes(long after, int limit);

    /// <summary>Returns at most <paramref name="limit"/> resource events after a sequence, in order.</summary>
    [Alias("ReadResources")]
    Task<ResourceEventPage> ReadResources(long after, int limit);
}
