using Orleans.Concurrency;
using Orleans.Placement;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Engine;

/// <summary>A queue of the command streams, anywhere in the cluster. The key is the queue's name.</summary>
[Alias("ot.ICommandQueueGrain")]
internal interface ICommandQueueGrain : IGrainWithStringKey
{
    /// <summary>Puts an item into the queue. Returns false if the queue is full or closed.</summary>
    [AlwaysInterleave, Alias("Put")]
    Task<bool> Put(QueuedCommands item);

    /// <summary>
    /// Takes items, waiting while there are none (<see cref="OrleansCommandQueue.Take"/>). The answer repeats items
    /// that the reader has not confirmed.
    /// </summary>
    [AlwaysInterleave, Alias("Take")]
    Task<TakenCommands> Take(string from, long last, int most);
}

/// <summary>
/// Holds a queue of the command streams in memory. It is activated on the silo of its reader, which calls it first. If
/// the silo dies, the items are lost, and heartbeats make the grains send their commands again. If the silo stops
/// normally, the remaining items go directly to the nodes' grains.
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
    /// <remarks>
    /// Does not wait while the host is stopping, because an activation ends only after its calls have ended.
    /// </remarks>
    public Task<TakenCommands> Take(string from, long last, int most) =>
        queue.Take(from, last, most, host.ApplicationStopping);

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        foreach (var item in queue.Close())
            // Not awaited: a lost command is sent again.
            _ = GrainFactory.GetGrain<INodeGrain>(item.Node).Take(item.Batch);
        return Task.CompletedTask;
    }
}
