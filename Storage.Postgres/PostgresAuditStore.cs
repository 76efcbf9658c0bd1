using System.Globalization;
using OrleansTasks.Audit;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres;

/// <summary>The audit in the PostgreSQL database. The stores of the changed resources add its records.</summary>
/// <param name="database">The open database.</param>
public sealed class PostgresAuditStore(PostgresDatabase database) : IAuditStore
{
    // The rows with one id differ only in time and count, so min() merely picks the common value.
    private const string Newest = """
        SELECT id, min(at), sum(count)::bigint, min(action), min(target), min(key_id), min(key_name), min(says),
            min(reason),
            min(address), min(was), min(became)
        FROM ot.audit
        WHERE id < $1 AND ($2 IS NULL OR key_id = $2 OR key_name = $2) AND ($3 IS NULL OR action = $3)
        GROUP BY id ORDER BY id DESC LIMIT $4
        """;

    // A separate statement, so that the server uses the index on targets.
    private static readonly string OfTarget =
        Newest.Replace("WHERE ", "WHERE target = $5 AND ", StringComparison.Ordinal);

    // Looks only at the $3 rows with the lowest numbers, which are the oldest because numbers rise with time. Of these,
    // deletes those from before $1, and the first $2.
    private const string Remove = """
        WITH gone AS (
            DELETE FROM ot.audit WHERE no IN (
                SELECT no FROM (
                    SELECT no, at, row_number() OVER (ORDER BY no) AS rank
                    FROM (SELECT no, at FROM ot.audit WHERE {0} ORDER BY no LIMIT $3) oldest) ranked
                WHERE at < $1 OR rank <= $2)
            RETURNING at)
        SELECT count(*), count(*) FILTER (WHERE at >= $1) FROM gone
        """;

    /// <inheritdoc/>
    public async Task<ImmutableArray<AuditRecord>> List(AuditQuery query, CancellationToken cancellation = default)
    {
        var newest = new Query(query.Target is null ? Newest : OfTarget)
            .Bind(query.Before ?? new TaskId(ulong.MaxValue, ulong.MaxValue))
            .Bind(query.Actor)
            .Bind(query.Action)
            .Bind((long)query.Limit);
        if (query.Target is { } target)
            newest.Bind(target);
        return [.. await database.Scan(session => session.All(newest, Read), cancellation).ConfigureAwait(false)];
    }

    /// <inheritdoc/>
    /// <remarks>Each queue of a bulk call has a row of its own, so that no silo waits for another.</remarks>
    public async Task<long> Count(AuditClass kind) => (await database.Read(session => session.All(
        new Query($"SELECT count(*) FROM ot.audit WHERE {AuditClasses.Condition(kind)}"), static row => row.Int64(0)))
        .ConfigureAwait(false))[0];

    /// <inheritdoc/>
    public async Task<AuditTrim> Trim(AuditClass kind, long before, long excess, int limit) =>
        (await database.Write(session => session.All(
            new Query(string.Format(CultureInfo.InvariantCulture, Remove, AuditClasses.Condition(kind)))
                .Bind(before).Bind(excess).Bind((long)limit),
            static row => new AuditTrim((int)row.Int64(0), (int)row.Int64(1)))).ConfigureAwait(false))[0];

    private static AuditRecord Read(Row row)
    {
        var origin = new Origin(row.Id(0), row.Text(3)!, row.Text(4))
        {
            Key = row.Text(5),
            KeyName = row.Text(6),
            Says = row.Text(7),
            Reason = row.Text(8),
            Address = row.Text(9),
        };
        return new AuditRecord(origin, row.Int64(1), row.Int64(2)) { Before = row.Text(10), After = row.Text(11) };
    }
}
