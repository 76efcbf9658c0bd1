using OrleansTasks.Events;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The nodes' events in memory; a test can put them out of reach.</summary>
internal sealed class FailingNodeEvents : INodeEventStore
{
    private readonly MemoryNodeEventStore inner = new();
    private volatile bool isOutOfReach;

    /// <summary>While true, every call fails.</summary>
    public bool IsOutOfReach
    {
        get => isOutOfReach;
        set => isOutOfReach = value;
    }

    private INodeEventStore Inner => isOutOfReach ? throw new StoreUnavailableException() : inner;

    public Task Add(IReadOnlyList<NodeEvent> events) => Inner.Add(events);

    public Task<NodeEventPosition> Position() => Inner.Position();

    public Task<ImmutableArray<NodeEvent>> Read(long after, int limit) => Inner.Read(after, limit);

    public Task<ImmutableArray<NodeEvent>> Latest() => Inner.Latest();
}
