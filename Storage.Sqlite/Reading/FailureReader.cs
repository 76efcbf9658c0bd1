using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>
/// Reads failed tasks in groups of equal fingerprints. Counting walks a single index that has every column but the
/// name. The other data is then read only for the groups on the page.
/// </summary>
internal static class FailureReader
{
    // The filter, shared by all statements: ?1 is the queue, ?2 the name, ?3 the earliest time; NULL matches all.
    private const string Chosen = """
        (?1 IS NULL OR f.queue = (SELECT no FROM queues WHERE name = ?1))
            AND (?2 IS NULL OR EXISTS (SELECT 1 FROM tasks t WHERE t.key = f.task AND t.name = ?2))
            AND (?3 IS NULL OR f.at >= ?3)
        """;

    // ?4 and ?5 are the count and fingerprint of the last group on the previous page.
    private const string Groups = $"""
        SELECT f.fingerprint, count(*) AS n, min(f.at), max(f.at)
        FROM failures f INDEXED BY failures_fingerprint WHERE {Chosen}
        GROUP BY f.fingerprint HAVING ?4 IS NULL OR n < ?4 OR (n = ?4 AND f.fingerprint > ?5)
        ORDER BY n DESC, f.fingerprint LIMIT ?6
        """;

    private const string Newest = $"""
        SELECT f.id, f.task FROM failures f INDEXED BY failures_fingerprint WHERE {Chosen} AND f.fingerprint = ?4
        ORDER BY f.id DESC LIMIT ?5
        """;

    private const string Queues = $"""
        SELECT q.name FROM failures f INDEXED BY failures_fingerprint JOIN queues q ON q.no = f.queue
        WHERE {Chosen} AND f.fingerprint = ?4 GROUP BY q.name ORDER BY count(*) DESC, q.name LIMIT ?5
        """;

    private const string Sample = """
        SELECT t.reason, t.exit_code, t.signal, r.tail, r.stdout, r.stderr, r.stdout_bytes, r.stderr_bytes, r.truncated
        FROM tasks t LEFT JOIN results r ON r.task = t.key AND r.attempt = t.attempt WHERE t.key = ?1
        """;

    internal static ImmutableArray<StoredFailures> Read(ReadSession session, FailureQuery query)
    {
        var counts = new List<(long Fingerprint, long Count, long FirstAt, long LastAt)>();
        var row = BindFilter(session.Get(Groups), query);
        BindNullable(row, 4, query.AfterCount);
        row.Bind(5, query.AfterFingerprint);
        row.Bind(6, (long)query.Limit);
        while (row.Step())
            counts.Add((row.Int64(0), row.Int64(1), row.Int64(2), row.Int64(3)));
        return [.. counts.Select(group => Read(session, query, group.Fingerprint, group.Count, group.FirstAt, group.LastAt))];
    }

    private static StoredFailures Read(
        ReadSession session, FailureQuery query, long fingerprint, long count, long firstAt, long lastAt)
    {
        var tasks = new List<(TaskId Id, long Key)>();
        var newest = BindGroup(session.Get(Newest), query, fingerprint, FailureGroup.MostTasks);
        while (newest.Step())
            tasks.Add((newest.Id(0), newest.Int64(1)));
        var queues = new List<string>();
        var names = BindGroup(session.Get(Queues), query, fingerprint, FailureGroup.MostQueues);
        while (names.Step())
            queues.Add(names.Text(0)!);
        var sample = session.Get(Sample);
        sample.Bind(1, tasks[0].Key);
        sample.Step();
        var group = new StoredFailures(
            fingerprint, count, firstAt, lastAt, (EndReason)sample.Int32(0), sample.NullableInt32(1), sample.Text(2),
            RecordReader.Tail(sample, 3, 4, 5), [.. queues], [.. tasks.Select(static task => task.Id)])
        {
            Sizes = sample.IsNull(6) ? null : new OutputSizes(sample.Int64(6), sample.Int64(7), sample.Int32(8) != 0),
        };
        sample.Reset();
        return group;
    }

    private static Statement BindGroup(Statement row, FailureQuery query, long fingerprint, int limit)
    {
        BindFilter(row, query).Bind(4, fingerprint);
        row.Bind(5, (long)limit);
        return row;
    }

    private static Statement BindFilter(Statement row, FailureQuery query)
    {
        row.Bind(1, query.Queue);
        row.Bind(2, query.Name);
        BindNullable(row, 3, query.Since);
        return row;
    }

    private static void BindNullable(Statement row, int index, long? value)
    {
        if (value is { } known)
            row.Bind(index, known);
        else
            row.BindNull(index);
    }
}
