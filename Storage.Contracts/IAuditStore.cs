using OrleansTasks.Audit;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads and trims the audit: records of who changed what. This interface has no method that adds one, because each
/// store writes the record in the transaction of the change itself (<see cref="QueueCommit.Audit"/>,
/// <see cref="WebhookCommit.Audit"/>, <see cref="IQueueStore"/>, <see cref="INodeStore"/>, <see cref="IKeyStore"/>).
/// Methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IAuditStore
{
    /// <summary>How long records are kept, in milliseconds: 90 days.</summary>
    const long KeptFor = 90L * 24 * 60 * 60 * 1_000;

    /// <summary>
    /// Returns matching records, newest first, which is by descending request id. A request that changed several queues
    /// may have several stored rows with one id; they are returned as one record, with the sum of their counts and the
    /// earliest time.
    /// </summary>
    Task<ImmutableArray<AuditRecord>> List(AuditQuery query, CancellationToken cancellation = default);

    /// <summary>Returns the number of stored rows of a class; a request may have one row for each queue.</summary>
    Task<long> Count(AuditClass kind);

    /// <summary>
    /// Looks at the <paramref name="limit"/> oldest records of a class and removes those from before
    /// <paramref name="before"/> (Unix milliseconds), and the <paramref name="excess"/> oldest of any age, which exceed
    /// the class's bound.
    /// </summary>
    Task<AuditTrim> Trim(AuditClass kind, long before, long excess, int limit);
}

/// <summary>
/// The result of a trim. <c>Removed</c> counts all removed records, <c>Early</c> those younger than the age limit.
/// </summary>
public readonly record struct AuditTrim(int Removed, int Early);
