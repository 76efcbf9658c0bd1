using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>
/// Reads failed tasks in groups of equal fingerprints. Counting walks a single index that has every column but the
/// name. The other data is then read only for the groups on the page. Needs a snapshot.
/// </summary>
internal static class FailureReader
{
    // The filter, shared by all statements: $1 is the queue, $2 the name, $3 the earliest time; NULL matches all.
    private const string Chosen = """
        ($1::text IS NULL OR f.queue = (SELECT no FROM ot.queues WHERE name = $1))
            AND ($2::text IS NULL OR EXISTS (SELECT 1 FROM ot.tasks t WHERE t.key = f.task AND t.name = $2))
            AND ($3::bigint IS NULL OR f.at >= $3)
        """;

    // $4 and $5 are the count and fingerprint of the last group on the previous page.
    private const string Groups = $"""
        SELECT f.fingerprint, count(*) AS n, min(f.at), max(f.at) FROM ot.failures f WHERE {Chosen}
        GROUP BY f.fingerprint
        HAVING $4::bigint IS NULL OR count(*) < $4 OR (count(*) = $4 AND f.fingerprint > $5)
        ORDER BY n DESC, f.fingerprint LIMIT $6
        """;

    private const string Newest = $"""
        SELECT f.id, f.task FROM ot.failures f WHERE {Chosen} AND f.fingerprint = $4 ORDER BY f.id DESC LIMIT $5
        """;

    private const string Queues = $"""
        SELECT q.name FROM ot.failures f JOIN ot.queues q ON q.no = f.queue
        WHERE {Chosen} AND f.fingerprint = $4 GROUP BY q.name ORDER BY count(*) DESC, q.name LIMIT $5
        """;

    private const string Sample = """
        SELECT t.reason, t.exit_code, t.signal, r.tail, r.stdout, r.stderr, r.stdout_bytes, r.stderr_bytes, r.truncated
        FROM ot.tasks t LEFT JOIN ot.results r ON r.task = t.key AND r.attempt = t.attempt WHERE t.key = $1
        """;

    internal static async Task<ImmutableArray<StoredFailures>> Read(Session session, FailureQuery query)
    {
        var groups = await session.All(
            Filter(Groups, query).Bind(query.AfterCount).Bind(query.AfterFingerprint).Bind((long)query.Limit),
            static row => (Fingerprint: row.Int64(0), Count: row.Int64(1), FirstAt: row.Int64(2), LastAt: row.Int64(3)))
            .ConfigureAwait(false);
        var failures = ImmutableArray.CreateBuilder<StoredFailures>(groups.Count);
        foreach (var (fingerprint, count, firstAt, lastAt) in groups)
        {
            var tasks = await session.All(
                Filter(Newest, query).Bind(fingerprint).Bind((long)FailureGroup.MostTasks),
                static row => (Id: row.Id(0), Key: row.Int64(1))).ConfigureAwait(false);
            var queues = await session.All(
                Filter(Queues, query).Bind(fingerprint).Bind((long)FailureGroup.MostQueues),
                static row => row.Text(0)!).ConfigureAwait(false);
            failures.Add((await session.First(new Query(Sample).Bind(tasks[0].Key), row => new StoredFailures(
                fingerprint, count, firstAt, lastAt, (EndReason)row.Int32(0), row.NullableInt32(1), row.Text(2),
                RecordReader.Tail(row, 3, 4, 5), [.. queues], [.. tasks.Select(static task => task.Id)])
            {
                Sizes = row.IsNull(6) ? null : new OutputSizes(row.Int64(6), row.Int64(7), row.Boolean(8)),
            }).ConfigureAwait(false))!);
        }

        return failures.DrainToImmutable();
    }

    private static Query Filter(string sql, FailureQuery query) => new Query(sql).Bind(query.Queue).Bind(query.Name).Bind(query.Since);
}
