using OrleansTasks.Audit;

namespace OrleansTasks.Storage;

/// <summary>
/// Records who changed what. Each store writes the record in the transaction of its change
/// (<see cref="QueueCommit.Audit"/>, <see cref="WebhookCommit.Audit"/>, <see cref="IQueueStore"/>,
/// <see cref="INodeStore"/>, <see cref="IKeyStore"/>). Methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IAuditStore
{
    /// <summary>Retention of records, in milliseconds.</summary>
    const long KeptFor = 90L * 24 * 60 * 60 * 1_000;

    /// <summary>Returns records, largest id first. One id is one record: summed count, earliest time.</summary>
    Task<ImmutableArray<AuditRecord>> List(AuditQuery query, CancellationToken cancellation = default);

    /// <summary>Returns the number of records of a class.</summary>
    Task<long> Count(AuditClass of);

    /// <summary>
    /// Removes at most <paramref name="limit"/> records of a class, oldest first: those before
    /// <paramref name="before"/>, and the oldest <paramref name="beyond"/> whatever their age.
    /// </summary>
    Task<AuditTrim> Trim(AuditClass of, long before, long beyond, int limit);
}

/// <summary>The result of a trim. <c>Early</c> counts removed records that had not reached their age limit.</summary>
public readonly record struct AuditTrim(int Removed, int Early);
