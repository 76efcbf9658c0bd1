namespace OrleansTasks.Queues;

/// <summary>Changes one queue's settings. Key: the queue's name.</summary>
[Alias("ot.IQueueGrain")]
public interface IQueueGrain : IGrainWithStringKey
{
    /// <summary>
    /// Makes the queue or changes it; gives what holds from now on, once it is on disk and every owner of a partition of it has heard.
    /// Throws <see cref="Storage.StoreUnavailableException"/> when nothing was changed, and
    /// <see cref="Storage.OutcomeUnknownException"/> when that is not certain; repeating it is harmless.
    /// </summary>
    [Alias("Change")]
    Task<QueueSettings> Change(QueueChange change);
}
