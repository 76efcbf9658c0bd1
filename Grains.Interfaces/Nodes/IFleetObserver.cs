using Orleans.Concurrency;

namespace OrleansTasks.Nodes;

/// <summary>A gateway that wants to know when to read the nodes' events. Calls can be lost: it reads now and then by itself.</summary>
[Alias("ot.IFleetObserver")]
public interface IFleetObserver : IGrainObserver
{
    /// <summary>Changes of nodes were stored.</summary>
    [OneWay, Alias("NodesChanged")]
    Task NodesChanged();
}
