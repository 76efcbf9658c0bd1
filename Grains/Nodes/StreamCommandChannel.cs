using Orleans.Streams;

namespace OrleansTasks.Nodes;

/// <summary>The default channel: the Orleans stream <c>commands/{nodeId}</c>.</summary>
/// <param name="streams">The provider named <see cref="CommandStream.Provider"/>.</param>
public sealed class StreamCommandChannel(IStreamProvider streams) : ICommandChannel
{
    /// <inheritdoc/>
    public Task Send(string node, CommandBatch batch) =>
        streams.GetStream<CommandBatch>(StreamId.Create(CommandStream.Namespace, node)).OnNextAsync(batch);
}
