using System.Globalization;
using OrleansTasks.Audit;
using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Adds audit records to the transaction that makes the change, and removes old ones.</summary>
internal static class AuditWriter
{
    // The value of the column queue for records of queue commits; all others have 0.
    private const long OfQueues = 1;

    private const string Insert = """
        INSERT INTO audit (id, queue, at, count, action, target, key_id, key_name, says, reason, address,
            was, became)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        ON CONFLICT (id, queue) DO UPDATE
            SET count = count + excluded.count, at = min(at, excluded.at) WHERE queue > 0
        """;

    // Looks only at the ?3 rows with the lowest numbers, which are the oldest because numbers rise with time. Of these,
    // deletes those from before ?1, and the first ?2.
    private const string Remove = """
        DELETE FROM audit WHERE no IN (
            SELECT no FROM (
                SELECT no, at, row_number() OVER (ORDER BY no) AS rank
                FROM (SELECT no, at FROM audit WHERE {0} ORDER BY no LIMIT ?3))
            WHERE at < ?1 OR rank <= ?2)
        RETURNING at
        """;

    /// <summary>
    /// Adds a record; does nothing if it is null. A record with the same request id adds its count to the existing row
    /// if it comes from a queue, so all queues of a bulk call share a row. Without a queue, it is a repeat whose first
    /// answer was lost, and changes nothing.
    /// </summary>
    /// <param name="connection">The connection with the open transaction.</param>
    /// <param name="queueNo">The queue's number; 0 for a change that has no queue.</param>
    /// <param name="record">The record.</param>
    internal static void Add(Connection connection, int queueNo, AuditRecord? record)
    {
        if (record is not { Origin: var origin })
            return;
        var insert = connection.Get(Insert);
        insert.Bind(1, origin.Id);
        insert.Bind(2, queueNo == 0 ? 0L : OfQueues);
        insert.Bind(3, record.At);
        insert.Bind(4, record.Count);
        insert.Bind(5, origin.Action);
        insert.Bind(6, origin.Target);
        insert.Bind(7, origin.Key);
        insert.Bind(8, origin.KeyName);
        insert.Bind(9, origin.Says);
        insert.Bind(10, origin.Reason);
        insert.Bind(11, origin.Address);
        insert.Bind(12, record.Before);
        insert.Bind(13, record.After);
        insert.Run();
    }

    /// <summary>
    /// Runs a statement that changes one row, and adds the record. Returns false if there was no such row.
    /// </summary>
    internal static bool ChangeOne(Connection connection, Statement change, AuditRecord? record)
    {
        if (change.Run() != 1)
            return false;
        Add(connection, 0, record);
        return true;
    }

    /// <summary>Removes old records (<see cref="IAuditStore.Trim"/>).</summary>
    internal static AuditTrim Trim(Connection connection, AuditClass kind, long before, long excess, int limit)
    {
        var remove = connection.Get(string.Format(CultureInfo.InvariantCulture, Remove, AuditClasses.Condition(kind)));
        remove.Bind(1, before);
        remove.Bind(2, excess);
        remove.Bind(3, (long)limit);
        var (removed, early) = (0, 0);
        while (remove.Step())
        {
            removed++;
            early += remove.Int64(0) >= before ? 1 : 0;
        }

        return new AuditTrim(removed, early);
    }
}
