using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>
/// The statements that store audit records, in the transaction that makes the change: one record for each request that
/// changes something, none for submissions.
/// </summary>
internal static class AuditInsert
{
    /// <summary>The columns, in the order of <see cref="Values"/>.</summary>
    internal const string Columns =
        "id, queue, at, count, action, target, key_id, key_name, says, reason, address, was, became";

    /// <summary>The parameters that <see cref="Bind"/> binds. <c>$2</c> is the queue.</summary>
    internal const string Values = "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13";

    // Without a queue, a second record is a repeat whose first answer was lost.
    private const string Insert =
        $"INSERT INTO ot.audit ({Columns}) VALUES ({Values}) ON CONFLICT (id, queue) DO NOTHING";

    private const string Remove = "DELETE FROM ot.audit WHERE id = $1 AND queue = 0";

    /// <summary>Returns the statement for a change that has no queue; none if the record is null.</summary>
    internal static SqlStatement[] Of(AuditRecord? record) => record is null ? [] : [Bind(Insert, 0, record)];

    /// <summary>Returns the statement that removes the record of an undone change that has no queue.</summary>
    internal static SqlStatement RemovalOf(TaskId id) => new SqlStatement(Remove).Bind(id);

    /// <summary>
    /// Runs a statement that changes one row, and stores the audit record. Returns false if there was no such row.
    /// </summary>
    internal static async ValueTask<bool> ChangeOne(ISqlSession session, SqlStatement change, AuditRecord? record)
    {
        if (await session.Run(change).ConfigureAwait(false) != 1)
            return false;
        await session.RunAll(Of(record)).ConfigureAwait(false);
        return true;
    }

    /// <summary>Binds the columns of a record.</summary>
    internal static SqlStatement Bind(string text, int queue, AuditRecord record) => new SqlStatement(text)
        .Bind(record.Origin.Id)
        .Bind(queue)
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
