using OrleansTasks.Audit;
using OrleansTasks.Queues;

namespace OrleansTasks.Storage;

/// <summary>
/// Settings of queues, by default <see cref="QueueSettings.DefaultOf"/>. Methods throw
/// <see cref="StoreUnavailableException"/>; those that write also <see cref="OutcomeUnknownException"/>.
/// </summary>
public interface IQueueStore
{
    /// <summary>Returns all stored settings by name; queues with default settings are missing.</summary>
    Task<ImmutableArray<QueueSettings>> List();

    /// <summary>Returns a queue's stored settings, or null if the defaults apply.</summary>
    Task<QueueSettings?> Get(string name);

    /// <summary>
    /// Replaces settings of the version <paramref name="replaces"/> (null: none), with the event of the change; false
    /// if the store has others. The caller then tells the running dispatchers, which do not reread settings. If
    /// <paramref name="at"/> is null, stores no event, because the change does not concern the queue's users.
    /// </summary>
    Task<bool> Put(QueueSettings settings, long? replaces, long? at, AuditRecord? audit = null);

    /// <summary>Deletes settings of this version and stores an event; false if the version differs.</summary>
    Task<bool> Delete(string name, long version, long at, AuditRecord? audit = null);
}
