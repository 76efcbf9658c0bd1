using OrleansTasks.Events;

namespace OrleansTasks.Storage;

/// <summary>
/// The history of the resources that operators make and change, such as queues: the newest 10,000 changes of all of them
/// together. The store of a resource adds the event in the transaction that changes the resource
/// (<see cref="IQueueStore"/>), so there is no change without its event. A change has a sequence, which the store gives: it
/// rises by 1 with each change, from 1, and is never given again.
/// </summary>
public interface IResourceEventStore
{
    /// <summary>
    /// Returns at most <paramref name="limit"/> changes with a sequence larger than <paramref name="after"/>, in order; 0 begins
    /// with the oldest stored change. Does not fail when changes after <paramref name="after"/> were removed: the page tells.
    /// Throws <see cref="StoreUnavailableException"/> when nothing could be read.
    /// </summary>
    Task<ResourceEventPage> Read(long after, int limit);
}
