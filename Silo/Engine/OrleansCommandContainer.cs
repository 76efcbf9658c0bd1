using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Engine;

/// <summary>A queue item in the form in which Orleans streams deliver it to a node's grain.</summary>
/// <param name="Node">The node's id.</param>
/// <param name="Number">Its number among the reader's items, from 1.</param>
/// <param name="Batch">The commands.</param>
[GenerateSerializer, Immutable, Alias("ot.CommandContainer")]
internal sealed record OrleansCommandContainer(
    [property: Id(0)] string Node, [property: Id(1)] long Number, [property: Id(2)] CommandBatch Batch)
    : IBatchContainer
{
    /// <inheritdoc/>
    public StreamId StreamId => StreamId.Create(CommandStream.Namespace, Node);

    /// <inheritdoc/>
    public StreamSequenceToken SequenceToken => new EventSequenceToken(Number);

    /// <inheritdoc/>
    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() => [Tuple.Create((T)(object)Batch, SequenceToken)];

    /// <inheritdoc/>
    public bool ImportRequestContext() => false;
}
