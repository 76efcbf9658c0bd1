using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Queues;

/// <summary>Changes the settings of one queue or deletes it, and notifies its dispatcher. Holds no state.</summary>
/// <remarks>
/// Two rules of order ensure that the dispatcher learns of every successful change, and that the newest change wins:
/// <list type="bullet">
/// <item>This grain stores the settings before it lists the queues. A starting dispatcher enters its queue in that list
/// before it reads the settings. So a dispatcher that is missing from the list will read the new settings.</item>
/// <item>Calls of this grain do not interleave, so it reports changes in the order in which it stored them.</item>
/// </list>
/// </remarks>
[GrainType("queue")]
public sealed class QueueGrain(IQueueStore queues, ITaskStore tasks, TimeProvider time) : Grain, IQueueGrain
{
    private string Name => this.GetPrimaryKeyString();

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public async Task<QueueReply> Put(QueueChange change)
    {
        var origin = Origin.Of(AuditActions.PutQueue);
        // If another activation writes between this read and the write below, everything is read again.
        while (true)
        {
            var stored = await queues.Get(Name);
            var present = stored ?? (await Exists() ? QueueSettings.DefaultOf(Name) : null);
            if (change.Version is { } version && version != (present?.Version ?? 0))
            {
                // An earlier call may have stored these settings and failed to notify the dispatcher.
                await Tell();
                return new QueueReply(present, IsConflict: true);
            }

            if (present is null && await CountAll() >= tasks.MaxQueues)
                throw new TooManyQueuesException();
            var settings = change.Of(present ?? QueueSettings.DefaultOf(Name)) with { Version = (present?.Version ?? 0) + 1 };
            settings = settings with
            {
                // Pausing a paused queue keeps the original pause.
                Pause = !settings.Paused ? null
                    : present is { Paused: true } ? present.Pause : QueuePause.Of(origin, Now),
            };
            if (!await queues.Put(settings, stored?.Version, Now, QueueAudit.Of(origin, Now, present, settings)))
                continue;
            await AfterWrite();
            return new QueueReply(settings, IsConflict: false);
        }
    }

    /// <inheritdoc/>
    public async Task<QueueDeletion> Delete(long version)
    {
        var origin = Origin.Of(AuditActions.DeleteQueue);
        var stored = await queues.Get(Name);
        var isInUse = await Status() is { IsRetired: false };
        if (!isInUse && stored is null)
        {
            await Tell();
            return QueueDeletion.NotFound;
        }

        if ((stored?.Version ?? QueueSettings.DefaultOf(Name).Version) != version)
            return QueueDeletion.Conflict;
        if (isInUse && !await Dispatcher.Retire())
            return QueueDeletion.NotEmpty;
        // Removing the settings records the event, so there must be settings to remove. They are stored only after
        // Retire: if it refused, they would stay, and a queue with settings is not retired with its last task. If this
        // call fails before it removes them, a repeated call removes them.
        if (stored is null && !await queues.Put(stored = QueueSettings.DefaultOf(Name), null, at: null))
            return QueueDeletion.Conflict;
        var isDeleted = await queues.Delete(Name, stored.Version, Now, QueueAudit.Of(origin, Now, stored, null));
        await AfterWrite();
        return isDeleted ? QueueDeletion.Deleted : QueueDeletion.Conflict;
    }

    /// <summary>
    /// Notifies the dispatcher after a write. <see cref="StoreUnavailableException"/> would claim that nothing changed,
    /// so it becomes an unknown outcome, as gateways treat timeouts. A repeated call notifies the dispatcher again.
    /// </summary>
    private async Task AfterWrite()
    {
        try
        {
            await NextOwner.Tell(Tell, time);
        }
        catch (StoreUnavailableException fault)
        {
            throw new OutcomeUnknownException("The settings are stored, but the queue's owner has not received them.", fault);
        }
    }

    /// <summary>
    /// Makes the dispatcher read the stored settings, activating it if necessary, even for a retired queue, whose next
    /// task must follow them. A queue that is not in the store has no dispatcher to notify.
    /// </summary>
    private async Task Tell()
    {
        if (await Status() is not null)
            await Dispatcher.SettingsChanged();
    }

    /// <summary>
    /// Returns whether the queue exists without stored settings: the default queue, or one that a task made.
    /// </summary>
    private async Task<bool> Exists() =>
        Name == QueueSettings.DefaultQueue || await Status() is { IsRetired: false };

    private async Task<int> CountAll() => (await tasks.ListQueues())
        .Where(static status => !status.IsRetired).Select(static status => status.Queue)
        .Union((await queues.List()).Select(static settings => settings.Name)).Count();

    private async Task<QueueStatus?> Status() => (await tasks.ListQueues()).FirstOrDefault(status => status.Queue == Name);

    private ITaskDispatcherGrain Dispatcher => GrainFactory.GetGrain<ITaskDispatcherGrain>(Name);
}
