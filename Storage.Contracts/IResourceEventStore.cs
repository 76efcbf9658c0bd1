using OrleansTasks.Events;

namespace OrleansTasks.Storage;

/// <summary>
/// The newest 10,000 changes of all resources. The resource's store (<see cref="IQueueStore"/>) adds a change in the
/// transaction that makes it. Numbered from 1, without gaps or reuse.
/// </summary>
public interface IResourceEventStore
{
    /// <summary>
    /// Returns changes after a sequence, in order, and whether some were trimmed. Throws
    /// <see cref="StoreUnavailableException"/>.
    /// </summary>
    Task<ResourceEventPage> Read(long after, int limit);
}
