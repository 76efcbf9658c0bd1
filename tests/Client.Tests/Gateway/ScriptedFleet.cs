using System.Collections.Immutable;
using OrleansTasks.Nodes;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>A fleet that tells of changes and is read as a test says.</summary>
internal sealed class ScriptedFleet : IFleetGrain
{
    private IFleetObserver? watching;

    /// <summary>The nodes that are known.</summary>
    public ImmutableArray<NodeView> Nodes { get; set; } = [];

    public Action? OnRead { get; set; }

    public Func<bool>? OnForget { get; set; }

    public Task Tell() => watching!.NodesChanged();

    public Task Watch(string gateway, IFleetObserver observer)
    {
        watching = observer;
        return Task.CompletedTask;
    }

    public Task Announce(NodeAnnouncement announcement) => throw new NotSupportedException();

    public Task Withdraw(string node, long session) => throw new NotSupportedException();

    public Task<FleetSnapshot> Subscribe(string queue, long known) => throw new NotSupportedException();

    public Task<ImmutableArray<NodeView>> List()
    {
        OnRead?.Invoke();
        return Task.FromResult(Nodes);
    }

    public Task<bool> Forget(string node) => Task.FromResult(OnForget!());
}
