using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Queues;

/// <summary>
/// Reads queues from the store for gateways, which show them over HTTP: the partitions with their counts of open tasks,
/// and the settings. Asks no dispatcher, so it answers while dispatchers are down and shows what was committed.
/// Holds no state. A queue can be in one list only: settings may be stored before the first task makes a partition, and
/// a partition whose queue was never configured has no settings.
/// </summary>
[GrainType("queue-reader"), StatelessWorker(16)]
public sealed class QueueReaderGrain(ITaskStore store, IQueueStore queues) : Grain, IQueueReaderGrain
{
    /// <inheritdoc/>
    public Task<ImmutableArray<PartitionStatus>> List() => store.ListPartitions();

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueSettings>> ListSettings() => queues.List();
}
