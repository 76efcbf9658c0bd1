using OrleansTasks.Audit;

namespace OrleansTasks.Storage;

/// <summary>
/// Who changed what. The stores of what is changed write the records, each in the transaction of its change
/// (<see cref="PartitionCommit.Audit"/>, <see cref="WebhookCommit.Audit"/>, <see cref="IQueueStore"/>,
/// <see cref="INodeStore"/>, <see cref="IKeyStore"/>), so there is no change without its record and no record without
/// its change. All methods throw <see cref="StoreUnavailableException"/> when nothing could be read or written.
/// </summary>
public interface IAuditStore
{
    /// <summary>How many records are kept.</summary>
    const long Kept = 1_000_000;

    /// <summary>For how long they are kept, in milliseconds.</summary>
    const long KeptFor = 90L * 24 * 60 * 60 * 1_000;

    /// <summary>
    /// Returns records by id, largest first. What several partitions, or several commits, stored under one id is one
    /// record, with the sum of the counts and the earliest time.
    /// </summary>
    Task<ImmutableArray<AuditRecord>> List(AuditQuery query);

    /// <summary>
    /// Removes records that were stored before <paramref name="before"/> or are not among the newest
    /// <paramref name="kept"/>, at most <paramref name="limit"/> of them, oldest first. Returns how many it removed.
    /// Partitions' parts of a record count as records here.
    /// </summary>
    Task<int> Trim(long before, long kept, int limit);
}
