using System.Globalization;
using OrleansTasks.Audit;
using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Adds who asked for a change to the transaction that makes the change, and removes old records.</summary>
internal static class AuditWriter
{
    // What the rows of queues' commits have as their queue.
    private const long OfQueues = 1;

    private const string Insert = """
        INSERT INTO audit (id, queue, at, count, action, target, key_id, key_name, says, reason, address,
            was, became)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        ON CONFLICT (id, queue) DO UPDATE
            SET count = count + excluded.count, at = min(at, excluded.at) WHERE queue > 0
        """;

    // Numbers rise with time, so that the oldest rows alone are looked at.
    private const string Remove = """
        DELETE FROM audit WHERE no IN (
            SELECT no FROM (
                SELECT no, at, row_number() OVER (ORDER BY no) AS rank
                FROM (SELECT no, at FROM audit WHERE {0} ORDER BY no LIMIT ?3))
            WHERE at < ?1 OR rank <= ?2)
        RETURNING at
        """;

    /// <summary>
    /// Adds a record, or its count to that of the same request; nothing when it is null. All queues of a bulk call share
    /// one row. What has no queue is one thing, and stored again only because the first answer was lost.
    /// </summary>
    /// <param name="connection">Where the transaction is.</param>
    /// <param name="queueNo">The number of the queue; 0 for what has none.</param>
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

    /// <summary>Makes a change of one row, and adds its record; false when there was no such row.</summary>
    internal static bool ChangeOne(Connection connection, Statement change, AuditRecord? record)
    {
        if (change.Run() != 1)
            return false;
        Add(connection, 0, record);
        return true;
    }

    /// <summary>Removes old records, as <see cref="IAuditStore.Trim"/> says.</summary>
    internal static AuditTrim Trim(Connection connection, AuditClass of, long before, long beyond, int limit)
    {
        var remove = connection.Get(string.Format(CultureInfo.InvariantCulture, Remove, AuditClasses.Condition(of)));
        remove.Bind(1, before);
        remove.Bind(2, beyond);
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
