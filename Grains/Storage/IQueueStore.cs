using OrleansTasks.Queues;

namespace OrleansTasks.Storage;

/// <summary>The queues' settings. All methods throw <see cref="StoreUnavailableException"/> on failure.</summary>
public interface IQueueStore
{
    /// <summary>All settings that were ever put, by name.</summary>
    Task<ImmutableArray<QueueSettings>> List();

    /// <summary>One queue's settings; null when nothing was set of it.</summary>
    Task<QueueSettings?> Get(string name);

    /// <summary>Stores a queue's settings in place of those it had.</summary>
    Task Put(QueueSettings settings);
}
