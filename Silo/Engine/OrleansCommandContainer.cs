using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Engine;

/// <summary>A queue item in the form in which Orleans streams deliver it to a node's grain.</summary>
/// <param name="node">The node's id.</param>
/// <param name="number">Its number among the reader's items, from 1.</param>
/// <param name="batch">The commands.</param>
[GenerateSerializer, Immutable, Alias("ot.CommandContainer")]
internal sealed class OrleansCommandContainer(string node, long number, CommandBatch batch) : IBatchContainer
{
    [Id(0)]
    private readonly string node = node;

    [Id(1)]
    private readonly long number = number;

    [Id(2)]
    private CommandBatch? batch = batch;

    /// <inheritdoc/>
    public StreamId StreamId => StreamId.Create(CommandStream.Namespace, node);

    /// <inheritdoc/>
    public StreamSequenceToken SequenceToken => new EventSequenceToken(number);

    /// <summary>Lets go of the commands, which the node's grain has. Called by the only reader, between deliveries.</summary>
    public void Forget() => batch = null;

    /// <inheritdoc/>
    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() =>
        batch is null ? [] : [Tuple.Create((T)(object)batch, SequenceToken)];

    /// <inheritdoc/>
    public bool ImportRequestContext() => false;
}
