using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Queues;

/// <summary>
/// Reads queues from the store for gateways, without calling dispatchers, so it works while they are down and shows
/// committed data. The two lists may differ: settings can exist before the first task creates the queue, and a queue
/// may have none. Throws <see cref="StoreUnavailableException"/>.
/// </summary>
[GrainType("queue-reader"), StatelessWorker(16), Reentrant]
public sealed class QueueReaderGrain(ITaskStore store, IQueueStore queues) : Grain, IQueueReaderGrain
{
    /// <inheritdoc/>
    public async Task<ImmutableArray<QueueStatus>> List() =>
        (await store.ListQueues()).RemoveAll(static queue => queue.IsRetired);

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueSettings>> ListSettings() => queues.List();
}
