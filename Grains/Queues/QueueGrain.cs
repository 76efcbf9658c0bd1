using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Queues;

/// <summary>
/// Changes the settings of one queue, or deletes the queue, when a gateway, the HTTP side, asks for it. After a change,
/// tells the queue's dispatcher. The key is the queue's name. Holds no state, so a new activation needs no recovery.
/// </summary>
/// <remarks>
/// Two orders ensure that a change that succeeds reaches the dispatcher, and that the newest change wins.
/// <list type="bullet">
/// <item>This grain stores the settings before it lists the queues. A dispatcher that starts takes its queue, which puts
/// the queue into the list, before it reads the settings. So if this grain does not find the queue in the list, the
/// dispatcher reads the new settings.</item>
/// <item>Calls of this grain do not interleave, so the dispatcher is told of two changes in the order in which the
/// changes were stored.</item>
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
        // Another activation of this grain may store settings between the read and the write: then all is read again.
        while (true)
        {
            var stored = await queues.Get(Name);
            var present = stored ?? (await Exists() ? QueueSettings.DefaultOf(Name) : null);
            if (change.Version is { } version && version != (present?.Version ?? 0))
            {
                // The stored settings may be those of an earlier call that could not tell the dispatcher of them.
                await Tell();
                return new QueueReply(present, IsConflict: true);
            }

            if (present is null && await CountAll() >= tasks.MaxQueues)
                throw new TooManyQueuesException();
            var settings = change.Of(present ?? QueueSettings.DefaultOf(Name)) with { Version = (present?.Version ?? 0) + 1 };
            settings = settings with
            {
                // A queue that is paused already stays as it is.
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
        // The settings' removal is what deletes the queue, and its event is stored with it: so there have to be settings.
        if (stored is null && !await queues.Put(stored = QueueSettings.DefaultOf(Name), null, at: null))
            return QueueDeletion.Conflict;
        if (isInUse && !await Dispatcher.Retire())
            return QueueDeletion.NotEmpty;
        var isDeleted = await queues.Delete(Name, stored.Version, Now, QueueAudit.Of(origin, Now, stored, null));
        await AfterWrite();
        return isDeleted ? QueueDeletion.Deleted : QueueDeletion.Conflict;
    }

    /// <summary>
    /// Tells the dispatcher after a write. <see cref="StoreUnavailableException"/> would say that nothing was changed, but
    /// something is stored; gateways take other failures, such as a timeout, for an unknown outcome anyway. When the
    /// caller repeats the call, the dispatcher is told again.
    /// </summary>
    private async Task AfterWrite()
    {
        try
        {
            await Tell();
        }
        catch (StoreUnavailableException fault)
        {
            throw new OutcomeUnknownException("The settings are stored, but the queue's owner has not heard of them.", fault);
        }
    }

    /// <summary>
    /// Has the dispatcher read the stored settings; the call activates it if it is not active. A queue that is not in the
    /// store yet has none. The dispatcher of a retired queue is told as well: its next task goes by these settings.
    /// </summary>
    private async Task Tell()
    {
        if (await Status() is not null)
            await Dispatcher.SettingsChanged();
    }

    /// <summary>Whether the queue is there without stored settings: the default queue, or one that a task has made.</summary>
    private async Task<bool> Exists() =>
        Name == QueueSettings.DefaultQueue || await Status() is { IsRetired: false };

    private async Task<int> CountAll() => (await tasks.ListQueues())
        .Where(static status => !status.IsRetired).Select(static status => status.Queue)
        .Union((await queues.List()).Select(static settings => settings.Name)).Count();

    /// <summary>The queue's figures; null when it is not in the store.</summary>
    private async Task<QueueStatus?> Status() => (await tasks.ListQueues()).FirstOrDefault(status => status.Queue == Name);

    private ITaskDispatcherGrain Dispatcher => GrainFactory.GetGrain<ITaskDispatcherGrain>(Name);
}
