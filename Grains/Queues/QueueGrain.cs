using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Queues;

/// <summary>
/// Changes the settings of one queue when a gateway, the HTTP side, asks for it: stores the settings, then tells the
/// dispatchers, each of which owns one partition of the queue. The key is the queue's name. Holds no state, so a new
/// activation needs no recovery.
/// </summary>
/// <remarks>
/// Two orders ensure that a change that succeeds reaches every dispatcher, and that the newest change wins.
/// <list type="bullet">
/// <item>This grain stores the settings before it lists the partitions. A starting dispatcher takes its partition,
/// which puts the partition into the list, before it reads the settings. So a dispatcher that this grain does not find
/// in the list reads the new settings.</item>
/// <item>Calls of this grain do not interleave, so the dispatchers are told of two changes in the order in which the
/// changes were stored.</item>
/// </list>
/// </remarks>
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
            // StoreUnavailableException would tell the caller that nothing was changed, but the settings are stored.
            // Gateways take other failures, such as a timeout, for an unknown outcome anyway.
            // When the caller repeats the change, all dispatchers are told again.
            throw new OutcomeUnknownException("The settings are stored, and not every owner of a partition has heard of them.", fault);
        }

        return settings;
    }

    /// <summary>
    /// Tells the dispatchers one after the other; the call activates those that are not active. Stops at the first
    /// dispatcher whose call fails. The dispatchers after it keep their settings until the next change or until they
    /// start anew.
    /// </summary>
    private async Task Tell(QueueSettings settings)
    {
        foreach (var partition in await tasks.ListPartitions())
        {
            if (partition.Partition.Queue == settings.Name)
                await GrainFactory.GetGrain<ITaskDispatcherGrain>(partition.Partition.ToString()).Configure(settings);
        }
    }
}
