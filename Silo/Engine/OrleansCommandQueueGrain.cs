using Orleans.Concurrency;
using Orleans.Placement;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Engine;

/// <summary>One queue of the command streams, anywhere in the cluster. Key: the queue's name.</summary>
[Alias("ot.ICommandQueueGrain")]
internal interface ICommandQueueGrain : IGrainWithStringKey
{
    /// <summary>Puts an item into the queue; false when it is full.</summary>
    [AlwaysInterleave, Alias("Put")]
    Task<bool> Put(QueuedCommands item);

    /// <summary>
    /// Takes items and waits while there are none: see <see cref="OrleansCommandQueue.Take"/>. The answer repeats what
    /// the reader does not name as received.
    /// </summary>
    [AlwaysInterleave, Alias("Take")]
    Task<TakenCommands> Take(string from, long last, int most);
}

/// <summary>
/// Holds one queue of the command streams in memory. It is made on the silo of its reader, which calls it first, and dies
/// with its silo: the items are lost then, and heartbeats have their commands sent again. A silo that stops in order
/// hands what is left to the nodes' grains.
/// </summary>
[GrainType("command-queue"), PreferLocalPlacement]
internal sealed class OrleansCommandQueueGrain(IHostApplicationLifetime host, TimeProvider time)
    : Grain, ICommandQueueGrain
{
    private OrleansCommandQueue queue = null!;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        queue = new OrleansCommandQueue(GrainContext.ActivationId.ToString(), time);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> Put(QueuedCommands item) => Task.FromResult(queue.TryPut(item));

    /// <inheritdoc/>
    /// <remarks>Does not wait once the host stops: an activation ends only when its calls have ended.</remarks>
    public Task<TakenCommands> Take(string from, long last, int most) =>
        queue.Take(from, last, most, host.ApplicationStopping);

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        foreach (var item in queue.Close())
            // Nobody waits: a command that is lost is sent again.
            _ = GrainFactory.GetGrain<INodeGrain>(item.Node).Take(item.Batch);
        return Task.CompletedTask;
    }
}
