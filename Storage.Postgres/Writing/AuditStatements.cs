using OrleansTasks.Audit;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// Builds the statements that store audit records: one for each request that changes something, none for submissions.
/// </summary>
internal static class AuditStatements
{
    private const string Columns =
        "id, queue, at, count, action, target, key_id, key_name, says, reason, address, was, became";

    private const string Values = "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13";

    // Only rows of queues add up. Without a queue, a second record is a repeat whose first answer was lost.
    private const string OrAdd =
        "ON CONFLICT (id, queue) DO UPDATE SET count = a.count + excluded.count WHERE a.queue > 0";

    private const string Insert = $"INSERT INTO ot.audit AS a ({Columns}) VALUES ({Values}) {OrAdd}";

    // Inserts only if the queue's commit has passed the fence in this transaction (see CommitBatch).
    private const string InsertIfPassed = $"""
        INSERT INTO ot.audit AS a ({Columns}) SELECT {Values}
        FROM {CommitBatch.AllPassed} WHERE q.no = $2 {OrAdd}
        """;

    /// <summary>Returns the statement for a change that has no queue; none if the record is null.</summary>
    internal static Query[] Of(AuditRecord? record) => record is null ? [] : [Bind(Insert, 0, record)];

    /// <summary>
    /// Runs a statement that changes one row, and stores the audit record. Returns false if there was no such row.
    /// </summary>
    internal static async Task<bool> ChangeOne(Session session, Query change, AuditRecord? record)
    {
        if (await session.Run(change).ConfigureAwait(false) != 1)
            return false;
        await session.RunAll(Of(record)).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Appends the statements for a queue's commit. They take effect only if the commit passes its fence.
    /// </summary>
    internal static void AddTo(List<Query> statements, int queueNo, IReadOnlyCollection<AuditRecord> records)
    {
        foreach (var record in records)
            statements.Add(Bind(InsertIfPassed, queueNo, record));
    }

    private static Query Bind(string sql, int queueNo, AuditRecord record) => new Query(sql)
        .Bind(record.Origin.Id)
        .Bind(queueNo)
        .Bind(record.At)
        .Bind(record.Count)
        .Bind(record.Origin.Action)
        .Bind(record.Origin.Target)
        .Bind(record.Origin.Key)
        .Bind(record.Origin.KeyName)
        .Bind(record.Origin.Says)
        .Bind(record.Origin.Reason)
        .Bind(record.Origin.Address)
        .Bind(record.Before)
        .Bind(record.After);
}
