using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Queues;

/// <summary>Reads which queues there are on behalf of gateways.</summary>
[GrainType("queue-reader"), StatelessWorker(16)]
public sealed class QueueReaderGrain(ITaskStore store, IQueueStore queues) : Grain, IQueueReaderGrain
{
    /// <inheritdoc/>
    public Task<ImmutableArray<PartitionStatus>> List() => store.ListPartitions();

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueSettings>> ListSettings() => queues.List();
}
