using OrleansTasks.Access;
using OrleansTasks.Events;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>The grains that the gateway calls, by the keys it calls them by.</summary>
/// <param name="factory">Makes references.</param>
public sealed class GatewayGrains(IGrainFactory factory)
{
    private const string ReaderKey = "reader";

    /// <summary>Reads tasks.</summary>
    public ITaskReaderGrain Tasks { get; } = factory.GetGrain<ITaskReaderGrain>(ReaderKey);

    /// <summary>Reads events.</summary>
    public IEventReaderGrain Events { get; } = factory.GetGrain<IEventReaderGrain>(ReaderKey);

    /// <summary>Reads queues.</summary>
    public IQueueReaderGrain Queues { get; } = factory.GetGrain<IQueueReaderGrain>(ReaderKey);

    /// <summary>Changes a queue.</summary>
    public IQueueGrain Queue(string name) => factory.GetGrain<IQueueGrain>(name);

    /// <summary>Reads API keys.</summary>
    public IAccessReaderGrain Access { get; } = factory.GetGrain<IAccessReaderGrain>(ReaderKey);

    /// <summary>Knows the nodes.</summary>
    public IFleetGrain Fleet { get; } = factory.GetGrain<IFleetGrain>("fleet");

    /// <summary>Owns a partition.</summary>
    public ITaskDispatcherGrain Dispatcher(PartitionKey partition) =>
        factory.GetGrain<ITaskDispatcherGrain>(partition.ToString());

    /// <summary>Owns a task's partition.</summary>
    public ITaskDispatcherGrain DispatcherOf(TaskRecord task) =>
        Dispatcher(new PartitionKey(task.Queue, task.Id.Partition));

    /// <summary>Owns a node's session.</summary>
    public INodeGrain Node(string id) => factory.GetGrain<INodeGrain>(id);
}
