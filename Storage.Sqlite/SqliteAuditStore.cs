using OrleansTasks.Audit;
using OrleansTasks.Storage.Sqlite.Writing;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The audit in the SQLite file. The stores of the changed resources add its records.</summary>
/// <param name="database">The open database.</param>
public sealed class SqliteAuditStore(SqliteDatabase database) : IAuditStore
{
    // With a single min() or max(), SQLite takes the other columns from the row that has that value, here the earliest.
    private const string Newest = """
        SELECT id, min(at), sum(count), action, target, key_id, key_name, says, reason, address, was, became FROM audit
        WHERE id < ?1 AND (?2 IS NULL OR key_id = ?2 OR key_name = ?2) AND (?3 IS NULL OR action = ?3)
        GROUP BY id ORDER BY id DESC LIMIT ?4
        """;

    // A separate statement, so that SQLite uses the index on targets.
    private static readonly string OfTarget =
        Newest.Replace("WHERE ", "WHERE target = ?5 AND ", StringComparison.Ordinal);

    /// <inheritdoc/>
    public Task<ImmutableArray<AuditRecord>> List(
        AuditQuery query, CancellationToken cancellation = default) => database.Readers.Scan(session =>
    {
        var row = session.Get(query.Target is null ? Newest : OfTarget);
        row.Bind(1, query.Before ?? new TaskId(ulong.MaxValue, ulong.MaxValue));
        row.Bind(2, query.Actor);
        row.Bind(3, query.Action);
        row.Bind(4, (long)query.Limit);
        if (query.Target is { } target)
            row.Bind(5, target);
        var records = ImmutableArray.CreateBuilder<AuditRecord>();
        while (row.Step())
        {
            var origin = new Origin(row.Id(0), row.Text(3)!, row.Text(4))
            {
                Key = row.Text(5),
                KeyName = row.Text(6),
                Says = row.Text(7),
                Reason = row.Text(8),
                Address = row.Text(9),
            };
            records.Add(new AuditRecord(origin, row.Int64(1), row.Int64(2))
                { Before = row.Text(10), After = row.Text(11) });
        }

        return records.DrainToImmutable();
    }, cancellation);

    /// <inheritdoc/>
    public Task<long> Count(AuditClass kind) => database.Readers.Long(session =>
    {
        var count = session.Get($"SELECT count(*) FROM audit WHERE {AuditClasses.Condition(kind)}");
        var found = 0L;
        while (count.Step())
            found = count.Int64(0);
        return found;
    });

    /// <inheritdoc/>
    public Task<AuditTrim> Trim(AuditClass kind, long before, long excess, int limit) =>
        database.WriteInBackground(connection => AuditWriter.Trim(connection, kind, before, excess, limit));
}
