using OrleansTasks.Audit;

namespace OrleansTasks.Storage;

/// <summary>
/// Who changed what. The stores of what is changed write the records, each in the transaction of its change
/// (<see cref="QueueCommit.Audit"/>, <see cref="WebhookCommit.Audit"/>, <see cref="IQueueStore"/>,
/// <see cref="INodeStore"/>, <see cref="IKeyStore"/>), so there is no change without its record and no record without
/// its change. All methods throw <see cref="StoreUnavailableException"/> when nothing could be read or written.
/// </summary>
public interface IAuditStore
{
    /// <summary>For how long they are kept, in milliseconds.</summary>
    const long KeptFor = 90L * 24 * 60 * 60 * 1_000;

    /// <summary>
    /// Returns records by id, largest first. What several queues, or several commits, stored under one id is one
    /// record, with the sum of the counts and the earliest time.
    /// </summary>
    Task<ImmutableArray<AuditRecord>> List(AuditQuery query, CancellationToken cancellation = default);

    /// <summary>Returns how many records of a class there are.</summary>
    Task<long> Count(AuditClass of);

    /// <summary>
    /// Removes records of a class, at most <paramref name="limit"/> and oldest first: those that were stored before
    /// <paramref name="before"/>, and the oldest <paramref name="beyond"/> of the class whatever their age.
    /// </summary>
    Task<AuditTrim> Trim(AuditClass of, long before, long beyond, int limit);
}

/// <summary>What a removal of records did.</summary>
/// <param name="Removed">How many records it removed.</param>
/// <param name="Early">How many of these had not reached the age at which records go.</param>
public readonly record struct AuditTrim(int Removed, int Early);
