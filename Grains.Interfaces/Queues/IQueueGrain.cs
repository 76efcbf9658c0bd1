namespace OrleansTasks.Queues;

/// <summary>Changes or deletes one queue's settings. Key: the queue's name.</summary>
[Alias("ot.IQueueGrain")]
public interface IQueueGrain : IGrainWithStringKey
{
    /// <summary>
    /// Creates the queue or changes its settings. Once this returns, the settings are stored and in force: after a
    /// pause, nothing more is assigned. Throws <see cref="Storage.StoreUnavailableException"/> if nothing changed and
    /// <see cref="Storage.OutcomeUnknownException"/> if the outcome is uncertain. A change without a version is safe to
    /// repeat.
    /// </summary>
    [Alias("Put")]
    Task<QueueReply> Put(QueueChange change);

    /// <summary>
    /// Deletes the queue if it has the given version and nothing open. Throws like <see cref="Put"/>.
    /// </summary>
    [Alias("Delete")]
    Task<QueueDeletion> Delete(long version);
}
