using Orleans.Streams;

namespace OrleansTasks.Nodes;

/// <summary>
/// The default channel: the Orleans stream <c>commands/{nodeId}</c>. A batch that is too large for an item of the stream goes to the node's
/// grain by a call, and may overtake or be overtaken: a memory stream holds no item beyond 1 MiB, and a larger one would keep those behind
/// it from being read.
/// </summary>
/// <param name="streams">The provider named <see cref="CommandStream.Provider"/>.</param>
/// <param name="grains">Finds nodes' grains.</param>
public sealed class StreamCommandChannel(IStreamProvider streams, IGrainFactory grains) : ICommandChannel
{
    /// <summary>About how many bytes a batch may have to go by the stream, with room for what they are wrapped in.</summary>
    public const long MostStreamed = 256 * 1024;

    /// <summary>About how many bytes a command takes besides its specs and items.</summary>
    private const int Overhead = 256;

    /// <inheritdoc/>
    public Task Send(string node, CommandBatch batch) => IsLarge(batch)
        ? grains.GetGrain<INodeGrain>(node).Take(batch)
        : streams.GetStream<CommandBatch>(StreamId.Create(CommandStream.Namespace, node)).OnNextAsync(batch);

    private static bool IsLarge(CommandBatch batch)
    {
        var bytes = (batch.Start.Length + batch.Cancel.Length + (long)batch.Kill.Length) * Overhead;
        foreach (var start in batch.Start)
            bytes += start.Spec.Length + start.SecretEnv.Length
                + (start.Chunk is { } work ? work.Plan.Length + work.Chunk.Segment.Length : 0);
        return bytes > MostStreamed;
    }
}
