using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>
/// Reads failed tasks in groups of equal fingerprints. Counting walks a single index that has every column but the
/// name. The other data is then read only for the groups on the page. Needs a snapshot.
/// </summary>
internal static class FailureGroups
{
    // The filter, shared by all statements: $1 is the queue, $2 the name, $3 the earliest time; NULL matches all.
    private const string Chosen = """
        ($1 IS NULL OR f.queue = (SELECT no FROM ot.queues WHERE name = $1))
            AND ($2 IS NULL OR EXISTS (SELECT 1 FROM ot.tasks t WHERE t.key = f.task AND t.name = $2))
            AND ($3 IS NULL OR f.at >= $3)
        """;

    private const string Failures = "ot.failures f /*INDEXED BY failures_fingerprint*/";

    // $4 and $5 are the count and fingerprint of the last group on the previous page.
    private const string Groups = $"""
        SELECT f.fingerprint, count(*) AS n, min(f.at), max(f.at) FROM {Failures} WHERE {Chosen}
        GROUP BY f.fingerprint HAVING $4 IS NULL OR count(*) < $4 OR (count(*) = $4 AND f.fingerprint > $5)
        ORDER BY n DESC, f.fingerprint LIMIT $6
        """;

    private const string Newest = $"""
        SELECT f.id, f.task FROM {Failures} WHERE {Chosen} AND f.fingerprint = $4 ORDER BY f.id DESC LIMIT $5
        """;

    private const string Queues = $"""
        SELECT q.name FROM {Failures} JOIN ot.queues q ON q.no = f.queue
        WHERE {Chosen} AND f.fingerprint = $4 GROUP BY q.name ORDER BY count(*) DESC, q.name LIMIT $5
        """;

    private const string Sample = """
        SELECT t.reason, t.exit_code, t.signal, r.tail, r.stdout, r.stderr, r.stdout_bytes, r.stderr_bytes, r.truncated
        FROM ot.tasks t LEFT JOIN ot.results r ON r.task = t.key AND r.attempt = t.attempt WHERE t.key = $1
        """;

    internal static async ValueTask<ImmutableArray<StoredFailures>> Read(ISqlSession session, FailureQuery query)
    {
        var groups = await session.All(
            Filter(Groups, query).Bind(query.AfterCount).Bind(query.AfterFingerprint).Bind(query.Limit),
            static row => (Fingerprint: row.Int64(0), Count: row.Int64(1), FirstAt: row.Int64(2), LastAt: row.Int64(3)))
            .ConfigureAwait(false);
        var failures = ImmutableArray.CreateBuilder<StoredFailures>(groups.Count);
        foreach (var (fingerprint, count, firstAt, lastAt) in groups)
        {
            var tasks = await session.All(
                Filter(Newest, query).Bind(fingerprint).Bind(FailureGroup.MostTasks),
                static row => (Id: row.Id(0), Key: row.Int64(1))).ConfigureAwait(false);
            var queues = await session.All(
                Filter(Queues, query).Bind(fingerprint).Bind(FailureGroup.MostQueues),
                static row => row.Text(0)).ConfigureAwait(false);
            failures.Add((await session.First(new SqlStatement(Sample).Bind(tasks[0].Key), row => new StoredFailures(
                fingerprint, count, firstAt, lastAt, (EndReason)row.Int32(0), row.NullableInt32(1), row.NullableText(2),
                row.Tail(3, 4, 5), [.. queues], [.. tasks.Select(static task => task.Id)])
            {
                Sizes = row.IsNull(6) ? null : new OutputSizes(row.Int64(6), row.Int64(7), row.Boolean(8)),
            }).ConfigureAwait(false))!);
        }

        return failures.DrainToImmutable();
    }

    private static SqlStatement Filter(string text, FailureQuery query) =>
        new SqlStatement(text).Bind(query.Queue).Bind(query.Name).Bind(query.Since);
}
