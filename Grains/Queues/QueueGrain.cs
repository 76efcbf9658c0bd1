using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Queues;

/// <summary>
/// Stores a queue's settings, then tells the dispatchers of its partitions. The settings must be stored before the partitions are listed: a
/// dispatcher takes its partition, which lists it, before it reads the settings, so it either reads the new ones or is told of them. Calls
/// do not interleave, so the last change that is stored is also the last that dispatchers are told.
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
            // The caller repeats the change, which tells all dispatchers again.
            throw new OutcomeUnknownException("The settings are stored, and not every owner of a partition has heard of them.", fault);
        }

        return settings;
    }

    /// <summary>Tells each dispatcher, one after the other; stops at the first that cannot be reached.</summary>
    private async Task Tell(QueueSettings settings)
    {
        foreach (var partition in await tasks.ListPartitions())
        {
            if (partition.Partition.Queue == settings.Name)
                await GrainFactory.GetGrain<ITaskDispatcherGrain>(partition.Partition.ToString()).Configure(settings);
        }
    }
}
