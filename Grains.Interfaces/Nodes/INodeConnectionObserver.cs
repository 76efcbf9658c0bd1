using Orleans.Concurrency;

namespace OrleansTasks.Nodes;

/// <summary>The silo's end of a worker's connection. Calls may be lost.</summary>
[Alias("ot.INodeConnectionObserver")]
public interface INodeConnectionObserver : IGrainObserver
{
    /// <summary>Passes commands to the worker.</summary>
    [OneWay, Alias("Deliver")]
    Task Deliver(CommandBatch batch);

    /// <summary>Ends this connection, because another one has replaced it.</summary>
    [OneWay, Alias("Close")]
    Task Close(long session);
}
