using Orleans.Concurrency;

namespace OrleansTasks.Nodes;

/// <summary>
/// Tracks which nodes report and notifies dispatchers. Heartbeats restore its state. Key: <c>fleet</c>.
/// </summary>
[Alias("ot.IFleetGrain")]
public interface IFleetGrain : IGrainWithStringKey
{
    /// <summary>Updates a node's state.</summary>
    [AlwaysInterleave, Alias("Announce")]
    Task Announce(NodeAnnouncement announcement);

    /// <summary>Removes a node that left for good.</summary>
    [AlwaysInterleave, Alias("Withdraw")]
    Task Withdraw(string node, long session);

    /// <summary>Returns the fleet, and for 30 s sends the queue its changes, in versions above the known one.</summary>
    [AlwaysInterleave, Alias("Subscribe")]
    Task<FleetSnapshot> Subscribe(string queue, long known);

    /// <summary>For 30 s, notifies a gateway when changes of node states are stored.</summary>
    [AlwaysInterleave, Alias("Watch")]
    Task Watch(string gateway, IFleetObserver observer);

    /// <summary>Returns every known node by id, including nodes that are lost or have left.</summary>
    [AlwaysInterleave, Alias("List")]
    Task<ImmutableArray<NodeView>> List();

    /// <summary>
    /// Forgets a node, durably, and revokes its certificates, also those of a worker that has never registered. Returns
    /// false if it reports, may not have reported here yet, or is unknown.
    /// </summary>
    [AlwaysInterleave, Alias("Forget")]
    Task<bool> Forget(string node);
}
