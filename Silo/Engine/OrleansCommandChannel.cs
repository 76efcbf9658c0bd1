using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Commands among several silos: over the stream, unless it may be broken. The stream's queues, and those that read
/// them, die with their silo, and need seconds to be elsewhere. For some time after a silo came or went, and after the
/// stream failed or hung, commands go to the node's grain by a call. A command that arrives both ways is dropped the
/// second time by its token.
/// </summary>
internal sealed class OrleansCommandChannel : ICommandChannel, ISiloStatusListener
{
    private static readonly TimeSpan StreamLimit = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Avoided = TimeSpan.FromSeconds(15);

    private readonly ICommandChannel stream;
    private readonly IGrainFactory grains;
    private readonly TimeProvider time;
    private long troubleAt;

    public OrleansCommandChannel(ICommandChannel stream, IGrainFactory grains, ISiloStatusOracle silos, TimeProvider time)
    {
        (this.stream, this.grains, this.time) = (stream, grains, time);
        troubleAt = time.GetTimestamp();
        silos.SubscribeToSiloStatusEvents(this);
    }

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the other way may do better.")]
    public async Task Send(string node, CommandBatch batch)
    {
        if (time.GetElapsedTime(Volatile.Read(ref troubleAt)) >= Avoided)
        {
            try
            {
                await stream.Send(node, batch).WaitAsync(StreamLimit, time);
                return;
            }
            catch (Exception)
            {
                Volatile.Write(ref troubleAt, time.GetTimestamp());
            }
        }

        await grains.GetGrain<INodeGrain>(node).Take(batch);
    }

    /// <inheritdoc/>
    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status) =>
        Volatile.Write(ref troubleAt, time.GetTimestamp());
}
