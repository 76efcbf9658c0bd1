using Orleans.Concurrency;

namespace OrleansTasks.Nodes;

/// <summary>Tracks which nodes report, and tells dispatchers; heartbeats rebuild it. Key: <c>fleet</c>.</summary>
[Alias("ot.IFleetGrain")]
public interface IFleetGrain : IGrainWithStringKey
{
    /// <summary>Takes a node's state.</summary>
    [AlwaysInterleave, Alias("Announce")]
    Task Announce(NodeAnnouncement announcement);

    /// <summary>Removes a node that has left for good.</summary>
    [AlwaysInterleave, Alias("Withdraw")]
    Task Withdraw(string node, long session);

    /// <summary>Returns the fleet, and for 30 s sends changes, in versions above the known one.</summary>
    [AlwaysInterleave, Alias("Subscribe")]
    Task<FleetSnapshot> Subscribe(string queue, long known);

    /// <summary>Notifies a gateway, for 30 s, when changes of nodes were stored.</summary>
    [AlwaysInterleave, Alias("Watch")]
    Task Watch(string gateway, IFleetObserver observer);

    /// <summary>Returns every known node by id, including those that are lost or have left.</summary>
    [AlwaysInterleave, Alias("List")]
    Task<ImmutableArray<NodeView>> List();

    /// <summary>Forgets a node, durably. False: it reports, may not have reported here yet, or is unknown.</summary>
    [AlwaysInterleave, Alias("Forget")]
    Task<bool> Forget(string node);
}
