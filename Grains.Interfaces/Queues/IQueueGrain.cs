namespace OrleansTasks.Queues;

/// <summary>Changes one queue's settings. Key: the queue's name.</summary>
[Alias("ot.IQueueGrain")]
public interface IQueueGrain : IGrainWithStringKey
{
    /// <summary>
    /// Makes the queue or changes it. Returns what holds from now on, once it is on disk and the queue's owner has heard:
    /// after the answer to a pause, nothing is assigned. Returns a conflict when the change names another version than the
    /// stored one. Throws <see cref="Storage.StoreUnavailableException"/> when nothing was changed, and
    /// <see cref="Storage.OutcomeUnknownException"/> when that is not certain; repeating a change that names no version is harmless.
    /// </summary>
    [Alias("Put")]
    Task<QueueReply> Put(QueueChange change);

    /// <summary>
    /// Deletes the queue with its settings, if nothing in it is open and the settings have this version. Throws as
    /// <see cref="Put"/> does.
    /// </summary>
    [Alias("Delete")]
    Task<QueueDeletion> Delete(long version);
}
