using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Queues;

/// <summary>
/// Reads queues from the store for gateways, which show them over HTTP: the partitions (shares of a queue) with their
/// counts of open tasks, and the settings. Does not call the partitions' dispatchers, so it answers while they are
/// down, and shows what they have committed. Throws <see cref="StoreUnavailableException"/> when the store cannot be
/// read. Holds no state; each silo runs up to 16 activations side by side. A queue may be missing from one of the two
/// lists: settings can be stored before the queue's first task creates a partition, and a queue that was never
/// configured has no stored settings.
/// </summary>
[GrainType("queue-reader"), StatelessWorker(16), Reentrant]
public sealed class QueueReaderGrain(ITaskStore store, IQueueStore queues) : Grain, IQueueReaderGrain
{
    /// <inheritdoc/>
    public async Task<ImmutableArray<PartitionStatus>> List() =>
        (await store.ListPartitions()).RemoveAll(static partition => partition.IsRetired);

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueSettings>> ListSettings() => queues.List();
}
