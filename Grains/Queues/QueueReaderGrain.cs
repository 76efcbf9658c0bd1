using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Queues;

/// <summary>
/// Reads queues from the store for gateways, which show them over HTTP: the queues (shares of a queue) with their
/// counts of open tasks, and the settings. Does not call the queues' dispatchers, so it answers while they are
/// down, and shows what they have committed. Throws <see cref="StoreUnavailableException"/> when the store cannot be
/// read. Holds no state; each silo runs up to 16 activations side by side. A queue may be missing from one of the two
/// lists: settings can be stored before the queue's first task creates a queue, and a queue that was never
/// configured has no stored settings.
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
