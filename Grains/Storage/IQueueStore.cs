using OrleansTasks.Audit;
using OrleansTasks.Queues;

namespace OrleansTasks.Storage;

/// <summary>
/// The stored settings of queues, such as how a queue spreads its tasks over nodes. A queue without stored settings has
/// <see cref="QueueSettings.DefaultOf"/>. The queue's own grain changes the settings; the queue's dispatcher reads them
/// when it starts; a reader grain lists them for gateways.
/// All methods throw <see cref="StoreUnavailableException"/> when nothing could be read or written.
/// </summary>
public interface IQueueStore
{
    /// <summary>Returns all stored settings, sorted by name. Queues without stored settings are missing.</summary>
    Task<ImmutableArray<QueueSettings>> List();

    /// <summary>Returns a queue's stored settings; null when there are none, and the defaults hold.</summary>
    Task<QueueSettings?> Get(string name);

    /// <summary>
    /// Stores a queue's settings in place of those with the version <paramref name="replaces"/>; null when there are
    /// none. Stores the event of the change with them. Returns false, and changes nothing, when the store has others. The caller then tells the running
    /// dispatchers, because they do not read the settings again. Throws <see cref="OutcomeUnknownException"/> when the
    /// store cannot tell whether the settings are stored.
    /// </summary>
    /// <param name="settings">The new settings.</param>
    /// <param name="replaces">The version of those that they replace.</param>
    /// <param name="at">The time of the change for its event, in Unix milliseconds; null for a change that is none to the queue's users.</param>
    /// <param name="audit">Who asked for the change, stored with it; null when nobody is to be recorded.</param>
    Task<bool> Put(QueueSettings settings, long? replaces, long? at, AuditRecord? audit = null);

    /// <summary>
    /// Deletes a queue's settings if they have the version, and stores the event of the deletion. Returns false, and changes nothing, when they have another, or
    /// there are none. Throws as <see cref="Put"/> does.
    /// </summary>
    Task<bool> Delete(string name, long version, long at, AuditRecord? audit = null);
}
