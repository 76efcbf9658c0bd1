using System.Collections.Immutable;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>A fleet that tells of changes when a test says so.</summary>
internal sealed class ScriptedFleet : IFleetGrain
{
    private IFleetObserver? watching;

    public Task Tell() => watching!.NodesChanged();

    public Task Watch(string gateway, IFleetObserver observer)
    {
        watching = observer;
        return Task.CompletedTask;
    }

    public Task Announce(NodeAnnouncement announcement) => throw new NotSupportedException();

    public Task Withdraw(string node, long session) => throw new NotSupportedException();

    public Task<FleetSnapshot> Subscribe(PartitionKey partition, long known) => throw new NotSupportedException();

    public Task<ImmutableArray<NodeView>> List() => throw new NotSupportedException();

    public Task<bool> Forget(string node) => throw new NotSupportedException();
}
