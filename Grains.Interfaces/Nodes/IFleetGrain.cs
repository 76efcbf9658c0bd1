using Orleans.Concurrency;

namespace OrleansTasks.Nodes;

/// <summary>
/// Knows which nodes report now, and tells the dispatchers. Holds nothing that the nodes' next heartbeats do not rebuild.
/// Key: <c>fleet</c>.
/// </summary>
[Alias("ot.IFleetGrain")]
public interface IFleetGrain : IGrainWithStringKey
{
    /// <summary>A node's state.</summary>
    [AlwaysInterleave, Alias("Announce")]
    Task Announce(NodeAnnouncement announcement);

    /// <summary>A node left for good.</summary>
    [AlwaysInterleave, Alias("Withdraw")]
    Task Withdraw(string node, long session);

    /// <summary>
    /// The fleet now; changes follow by <see cref="Tasks.ITaskDispatcherGrain.FleetChanged"/> for 30 s. They are newer than
    /// <paramref name="known"/>, the version that the queue has, whatever clock an earlier activation went by.
    /// </summary>
    [AlwaysInterleave, Alias("Subscribe")]
    Task<FleetSnapshot> Subscribe(string queue, long known);

    /// <summary>Has a gateway told, for 30 s, when changes of nodes were stored.</summary>
    [AlwaysInterleave, Alias("Watch")]
    Task Watch(string gateway, IFleetObserver observer);

    /// <summary>Every node that is known, lost ones and those that left included, by id.</summary>
    [AlwaysInterleave, Alias("List")]
    Task<ImmutableArray<NodeView>> List();

    /// <summary>Forgets a node that does not report any more; on disk when it completes. False: it reports, is not known, or may not
    /// have reported to this activation yet, which begins without knowing who reports.</summary>
    [AlwaysInterleave, Alias("Forget")]
    Task<bool> Forget(string node);
}
