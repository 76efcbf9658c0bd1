using System.Globalization;
using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>The audit. The stores of the changed resources add its records (<see cref="AuditInsert"/>).</summary>
/// <param name="database">The database.</param>
internal sealed class SqlAuditStore(ISqlDatabase database) : IAuditStore
{
    // The rows with one id differ only in time and count, so the other columns are those of any of them.
    private const string Newest = """
        SELECT p.id, p.at, p.count, a.action, a.target, a.key_id, a.key_name, a.says, a.reason, a.address, a.was, a.became
        FROM (
            SELECT id, min(at) AS at, CAST(sum(count) AS bigint) AS count, min(no) AS no FROM ot.audit
            WHERE id < $1 AND ($2 IS NULL OR key_id = $2 OR key_name = $2) AND ($3 IS NULL OR action = $3)
            GROUP BY id ORDER BY id DESC LIMIT $4) p
        JOIN ot.audit a ON a.no = p.no
        """;

    // A separate statement, so that the database uses the index on targets.
    private static readonly string OfTarget =
        Newest.Replace("WHERE ", "WHERE target = $5 AND ", StringComparison.Ordinal);

    // Looks only at the $3 rows with the lowest numbers, which are the oldest because numbers rise with time. Of these,
    // deletes those from before $1, and the first $2.
    private const string Remove = """
        DELETE FROM ot.audit WHERE no IN (
            SELECT no FROM (
                SELECT no, at, row_number() OVER (ORDER BY no) AS rank
                FROM (SELECT no, at FROM ot.audit WHERE {0} ORDER BY no LIMIT $3) oldest) ranked
            WHERE at < $1 OR rank <= $2)
        RETURNING at
        """;

    /// <inheritdoc/>
    public async Task<ImmutableArray<AuditRecord>> List(AuditQuery query, CancellationToken cancellation = default)
    {
        var newest = new SqlStatement(query.Target is null ? Newest : OfTarget)
            .Bind(query.Before ?? new TaskId(ulong.MaxValue, ulong.MaxValue))
            .Bind(query.Actor)
            .Bind(query.Action)
            .Bind(query.Limit);
        if (query.Target is { } target)
            newest.Bind(target);
        var records = await database.Scan(session => session.All(newest, Read), cancellation).ConfigureAwait(false);
        // A join keeps no order. Sorting the records here is cheaper than sorting their columns in the database.
        return [.. records.OrderByDescending(static record => record.Origin.Id)];
    }

    /// <inheritdoc/>
    /// <remarks>
    /// On PostgreSQL, each queue of a bulk call has a row of its own, so that no silo waits for another.
    /// </remarks>
    public async Task<long> Count(AuditClass kind) => (await database.Page(
        new SqlStatement($"SELECT count(*) FROM ot.audit WHERE {AuditClasses.Condition(kind)}"),
        static row => row.Int64(0)).ConfigureAwait(false))[0];

    /// <inheritdoc/>
    public async Task<AuditTrim> Trim(AuditClass kind, long before, long excess, int limit)
    {
        var remove = new SqlStatement(string.Format(CultureInfo.InvariantCulture, Remove, AuditClasses.Condition(kind)))
            .Bind(before).Bind(excess).Bind(limit);
        var removed = await database.WriteInBackground(
            session => session.All(remove, static row => row.Int64(0))).ConfigureAwait(false);
        return new AuditTrim(removed.Count, removed.Count(at => at >= before));
    }

    private static AuditRecord Read(ISqlRow row)
    {
        var origin = new Origin(row.Id(0), row.Text(3), row.NullableText(4))
        {
            Key = row.NullableText(5),
            KeyName = row.NullableText(6),
            Says = row.NullableText(7),
            Reason = row.NullableText(8),
            Address = row.NullableText(9),
        };
        return new AuditRecord(origin, row.Int64(1), row.Int64(2)) { Before = row.NullableText(10), After = row.NullableText(11) };
    }
}
