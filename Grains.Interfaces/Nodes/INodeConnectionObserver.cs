using Orleans.Concurrency;

namespace OrleansTasks.Nodes;

/// <summary>The end of a worker's connection that a NodeGrain writes to. Calls can be lost.</summary>
[Alias("ot.INodeConnectionObserver")]
public interface INodeConnectionObserver : IGrainObserver
{
    /// <summary>Passes commands to the worker.</summary>
    [OneWay, Alias("Deliver")]
    Task Deliver(CommandBatch batch);

    /// <summary>Another connection has taken over; this one must end.</summary>
    [OneWay, Alias("Close")]
    Task Close(long session);
}
