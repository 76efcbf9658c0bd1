using OrleansTasks.Queues;

namespace OrleansTasks.Storage;

/// <summary>
/// The queues' settings. All methods throw <see cref="StoreUnavailableException"/> on failure, and <see cref="Put"/> throws
/// <see cref="OutcomeUnknownException"/> when nobody can say whether it has stored them.
/// </summary>
public interface IQueueStore
{
    /// <summary>All settings that were ever put, by name.</summary>
    Task<ImmutableArray<QueueSettings>> List();

    /// <summary>One queue's settings; null when none were ever put: the default settings hold.</summary>
    Task<QueueSettings?> Get(string name);

    /// <summary>Stores a queue's settings in place of those it had. The caller, the queue's grain, then tells the dispatchers.</summary>
    Task Put(QueueSettings settings);
}
