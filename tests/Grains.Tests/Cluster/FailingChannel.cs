using OrleansTasks.Nodes;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A channel that can be told to throw, as a full stream does.</summary>
internal sealed class FailingChannel(ICommandChannel inner) : ICommandChannel
{
    public bool Fails { get; set; }

    public int Failures { get; private set; }

    public Task Send(string node, CommandBatch batch)
    {
        if (!Fails)
            return inner.Send(node, batch);
        Failures++;
        throw new InvalidOperationException("The stream is full.");
    }
}
