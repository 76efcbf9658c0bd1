using OrleansTasks.Queues;

namespace OrleansTasks.Storage;

/// <summary>
/// The settings of queues, such as how a queue spreads its tasks over nodes. A queue needs no stored settings: without
/// them it has <see cref="QueueSettings.DefaultOf"/>. A queue's own grain changes them; dispatchers read them when they
/// start, gateways when they list queues.
/// All methods throw <see cref="StoreUnavailableException"/> when nothing could be read or written.
/// </summary>
public interface IQueueStore
{
    /// <summary>Returns all stored settings, by name. Queues without stored settings are missing.</summary>
    Task<ImmutableArray<QueueSettings>> List();

    /// <summary>Returns a queue's settings; null when none were ever stored: the defaults hold.</summary>
    Task<QueueSettings?> Get(string name);

    /// <summary>
    /// Stores a queue's settings in place of the earlier ones. The caller then tells the running dispatchers, which do
    /// not read them again. Throws <see cref="OutcomeUnknownException"/> when the store cannot tell whether they are
    /// stored.
    /// </summary>
    Task Put(QueueSettings settings);
}
