using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Queues;

/// <summary>
/// Stores a queue's settings, then tells the owners of its partitions. A partition that is taken over meanwhile is listed before its
/// new owner reads the settings, so it either reads the new ones or is told of them.
/// </summary>
[GrainType("queue")]
public sealed class QueueGrain(IQueueStore queues, ITaskStore tasks) : Grain, IQueueGrain
{
    /// <inheritdoc/>
    public async Task<QueueSettings> Change(QueueChange change)
    {
        var name = this.GetPrimaryKeyString();
        var settings = await queues.Get(name) ?? QueueSettings.DefaultOf(name);
        settings = settings with { Placement = change.Placement ?? settings.Placement };
        await queues.Put(settings);
        try
        {
            await Tell(settings);
        }
        catch (StoreUnavailableException fault)
        {
            throw new OutcomeUnknownException("The settings are stored, and not every owner of a partition has heard of them.", fault);
        }

        return settings;
    }

    private async Task Tell(QueueSettings settings)
    {
        foreach (var partition in await tasks.ListPartitions())
        {
            if (partition.Partition.Queue == settings.Name)
                await GrainFactory.GetGrain<ITaskDispatcherGrain>(partition.Partition.ToString()).Configure(settings);
        }
    }
}
