using System.Threading.Channels;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// The silo's end of one worker's stream of commands. Bounded: when the worker does not read, what comes is dropped,
/// and the comparison at its next heartbeat sends it again.
/// </summary>
/// <param name="session">The worker's session.</param>
/// <param name="instruments">Counts what is dropped.</param>
internal sealed class NodeConnection(long session, SiloInstruments instruments) : INodeConnectionObserver
{
    private const int Capacity = 1024;

    // The reader's continuation runs where the batch arrives: a thread switch less on the way to a command's start.
    private readonly Channel<CommandBatch> channel = Channel.CreateBounded<CommandBatch>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, AllowSynchronousContinuations = true });

    /// <summary>The worker's session.</summary>
    internal long Session => session;

    /// <summary>What came.</summary>
    internal ChannelReader<CommandBatch> Batches => channel.Reader;

    /// <inheritdoc/>
    public Task Deliver(CommandBatch batch)
    {
        if (batch.Session == session && !channel.Writer.TryWrite(batch))
            instruments.DropCommands();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Close(long session)
    {
        channel.Writer.TryComplete();
        return Task.CompletedTask;
    }
}
