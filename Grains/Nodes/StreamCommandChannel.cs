using Orleans.Streams;

namespace OrleansTasks.Nodes;

/// <summary>
/// Carries a dispatcher's commands (start, cancel, kill) to the grain of a node, after the commit that decided them.
/// A batch normally goes over the Orleans stream <c>commands/{nodeId}</c>. A large batch goes by a grain call instead:
/// it would hold up the small ones behind it, and fill the memory of the stream's queue.
/// The two ways do not wait for each other, so a large batch may arrive before an earlier batch or after a later one.
/// A batch may also be lost. The dispatcher only logs an exception of <see cref="Send"/>. In either case the worker's
/// next heartbeats show which attempts the worker lacks, and the dispatcher sends their commands again.
/// </summary>
/// <param name="streams">The provider named <see cref="CommandStream.Provider"/>.</param>
/// <param name="grains">Finds nodes' grains.</param>
public sealed class StreamCommandChannel(IStreamProvider streams, IGrainFactory grains) : ICommandChannel
{
    /// <summary>
    /// The largest batch that goes over the stream, in estimated bytes. The estimate is rough and leaves out what the
    /// stream adds.
    /// </summary>
    public const long MostStreamed = 256 * 1024;

    /// <summary>
    /// The estimated bytes of one command without the parts that can be large: spec, secrets, and a chunk's plan and
    /// items.
    /// </summary>
    private const int Overhead = 256;

    /// <inheritdoc/>
    public Task Send(string node, CommandBatch batch) => EstimateBytes(batch) > MostStreamed
        ? grains.GetGrain<INodeGrain>(node).Take(batch)
        : streams.GetStream<CommandBatch>(StreamId.Create(CommandStream.Namespace, node)).OnNextAsync(batch);

    /// <summary>About how many bytes a batch takes, in memory and when it is sent.</summary>
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
