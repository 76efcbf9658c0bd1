using OrleansTasks.Events;

namespace OrleansTasks.Storage;

/// <summary>
/// The newest 10,000 changes of all resources, numbered from 1 without gaps or reuse. The store that changes a resource
/// (such as <see cref="IQueueStore"/>) adds the event in the same transaction.
/// </summary>
public interface IResourceEventStore
{
    /// <summary>
    /// Returns changes after a sequence, and whether some were trimmed. Throws <see cref="StoreUnavailableException"/>.
    /// </summary>
    Task<ResourceEventPage> Read(long after, int limit);
}
