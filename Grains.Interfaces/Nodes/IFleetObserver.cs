using Orleans.Concurrency;

namespace OrleansTasks.Nodes;

/// <summary>A gateway that reads node events when notified. Calls may be lost, so the gateway also polls.</summary>
[Alias("ot.IFleetObserver")]
public interface IFleetObserver : IGrainObserver
{
    /// <summary>Notifies the gateway that changes of node states were stored.</summary>
    [OneWay, Alias("NodesChanged")]
    Task NodesChanged();
}
