using OrleansTasks.Audit;
using OrleansTasks.Queues;

namespace OrleansTasks.Storage;

/// <summary>
/// Queue settings; a queue without stored settings has <see cref="QueueSettings.DefaultOf"/>. All methods throw
/// <see cref="StoreUnavailableException"/>; those that write also throw <see cref="OutcomeUnknownException"/>.
/// </summary>
public interface IQueueStore
{
    /// <summary>Returns all stored settings, by queue name. Queues with default settings are missing.</summary>
    Task<ImmutableArray<QueueSettings>> List();

    /// <summary>Returns a queue's stored settings, or null if the defaults apply.</summary>
    Task<QueueSettings?> Get(string name);

    /// <summary>
    /// Replaces the settings that have the version <paramref name="replaces"/> (null: no settings are stored) and
    /// stores an event. Returns false if the store has another version. The caller must then notify the running
    /// dispatchers, which do not reread settings. If <paramref name="at"/> is null, stores no event, because the change
    /// does not affect the queue's users.
    /// </summary>
    Task<bool> Put(QueueSettings settings, long? replaces, long? at, AuditRecord? audit = null);

    /// <summary>
    /// Deletes the settings with this version and stores an event. Returns false if the version differs.
    /// </summary>
    Task<bool> Delete(string name, long version, long at, AuditRecord? audit = null);
}
