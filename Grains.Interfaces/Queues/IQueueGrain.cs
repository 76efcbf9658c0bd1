namespace OrleansTasks.Queues;

/// <summary>Changes or deletes one queue's settings. Key: the queue's name.</summary>
[Alias("ot.IQueueGrain")]
public interface IQueueGrain : IGrainWithStringKey
{
    /// <summary>
    /// Creates or changes the queue. Once this returns, the settings are stored and the queue's owner applies them:
    /// after a pause, nothing more is assigned. Throws <see cref="Storage.StoreUnavailableException"/> if nothing
    /// changed and <see cref="Storage.OutcomeUnknownException"/> if that is uncertain; a change without a version is
    /// safe to repeat.
    /// </summary>
    [Alias("Put")]
    Task<QueueReply> Put(QueueChange change);

    /// <summary>
    /// Deletes the queue if this is its version and it has nothing open. Throws as <see cref="Put"/>.
    /// </summary>
    [Alias("Delete")]
    Task<QueueDeletion> Delete(long version);
}
