using Orleans.Concurrency;

namespace OrleansTasks.Nodes;

/// <summary>A gateway that reads nodes' events when told. Calls may be lost, so it also polls.</summary>
[Alias("ot.IFleetObserver")]
public interface IFleetObserver : IGrainObserver
{
    /// <summary>Changes of nodes were stored.</summary>
    [OneWay, Alias("NodesChanged")]
    Task NodesChanged();
}
