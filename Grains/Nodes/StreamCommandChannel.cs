using Orleans.Streams;

namespace OrleansTasks.Nodes;

/// <summary>
/// Sends batches over the Orleans stream <c>commands/{nodeId}</c>, but large ones by grain call, because they would
/// hold up others and fill the stream queue's memory. Batches sent in these two ways may overtake each other.
/// </summary>
public sealed class StreamCommandChannel(IStreamProvider streams, IGrainFactory grains) : ICommandChannel
{
    /// <summary>Maximum size of a batch for the stream, in roughly estimated bytes.</summary>
    public const long MostStreamed = 256 * 1024;

    /// <summary>Estimated bytes of a command without spec, secrets, plan and items.</summary>
    private const int Overhead = 256;

    /// <inheritdoc/>
    public Task Send(string node, CommandBatch batch) => EstimateBytes(batch) > MostStreamed
        ? grains.Reference<INodeGrain>(node).Take(batch)
        : streams.GetStream<CommandBatch>(StreamId.Create(CommandStream.Namespace, node)).OnNextAsync(batch);

    /// <summary>Estimates the bytes of a batch, in memory and when sent.</summary>
    public static long EstimateBytes(CommandBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var bytes = (batch.Start.Length + batch.Cancel.Length + (long)batch.Kill.Length) * Overhead;
        foreach (var start in batch.Start)
            bytes += start.Spec.Length + start.SecretEnv.Length
                + (start.Chunk is { } work ? work.Plan.Length + work.Chunk.Segment.Length : 0);
        return bytes;
    }
}
