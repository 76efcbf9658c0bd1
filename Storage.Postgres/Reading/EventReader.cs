using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>Reads queue counts and events.</summary>
internal static class EventReader
{
    // A queue's rows have the keys between first_no and that of the next queue. Items and occurrences never exist
    // without one of these rows.
    private static readonly string OfQueue =
        $"key > q.first_no AND key < q.first_no + {QueueOwnership.RowNumbers}";

    private static readonly string Unused = $"""
        SELECT name FROM ot.queues q WHERE NOT retired
            AND NOT EXISTS (SELECT 1 FROM ot.tasks WHERE {OfQueue})
            AND NOT EXISTS (SELECT 1 FROM ot.jobs WHERE {OfQueue})
            AND NOT EXISTS (SELECT 1 FROM ot.workflows WHERE {OfQueue})
            AND NOT EXISTS (SELECT 1 FROM ot.schedules WHERE {OfQueue})
            AND NOT EXISTS (SELECT 1 FROM ot.rollouts WHERE {OfQueue})
        ORDER BY no
        """;

    private const string Positions = """
        SELECT name, coalesce((SELECT max(e.seq) FROM ot.events e WHERE e.queue = q.no), 0),
            coalesce((SELECT min(e.seq) FROM ot.events e WHERE e.queue = q.no), 0) FROM ot.queues q ORDER BY name
        """;

    private const string Records = """
        SELECT e.seq, e.at, e.entries FROM ot.events e JOIN ot.queues q ON q.no = e.queue
        WHERE q.name = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3
        """;

    // Task states: 0 scheduled, 1 queued, 2 assigned, 3 running. Each condition is that of a partial index.
    private const string Statuses = """
        SELECT q.name, w.scheduled, w.queued, l.leased, w.oldest, q.retired
        FROM ot.queues q,
            LATERAL (SELECT count(*) FILTER (WHERE state = 0)::integer AS scheduled, count(*) FILTER (WHERE state = 1)::integer AS queued,
                min(queued_at) FILTER (WHERE state = 1) AS oldest FROM ot.tasks WHERE state < 2 AND queue = q.no) w,
            LATERAL (SELECT count(*)::integer AS leased FROM ot.tasks WHERE state IN (2, 3) AND queue = q.no) l
        ORDER BY q.name
        """;

    private const string Waiting = "SELECT count(*)::integer FROM ot.tasks WHERE state < 2 AND queue = $1";

    // One statement, so that the bounds and the records are from the same moment. The outer join yields the bounds even
    // if there is no record.
    private const string Log = """
        SELECT t.no, (SELECT coalesce(max(no), 0) FROM ot.events), e.no, e.seq, e.at, e.entries, q.name
        FROM ot.event_trim t
            LEFT JOIN (SELECT * FROM ot.events WHERE no > $1 ORDER BY no LIMIT $2) e ON true
            LEFT JOIN ot.queues q ON q.no = e.queue
        ORDER BY e.no
        """;

    internal static async Task<ImmutableArray<EventPosition>> ReadPositions(Session session) =>
        [.. await session.All(new Query(Positions), static row => new EventPosition(
            row.Text(0)!, row.Int64(2), row.Int64(1))).ConfigureAwait(false)];

    internal static async Task<ImmutableArray<EventRecord>> Read(Session session, string queue, long after, int limit)
    {
        var query = new Query(Records).Bind(queue).Bind(after).Bind((long)limit);
        return [.. await session.All(query, row => new EventRecord(
            queue, row.Int64(0), row.Int64(1), EventCodec.Read(row.Bytes(2)))).ConfigureAwait(false)];
    }

    internal static async Task<EventLogPage> ReadLog(Session session, long after, int limit)
    {
        var (trimmed, newest) = (0L, 0L);
        var records = ImmutableArray.CreateBuilder<EventRecord>();
        await session.Each(new Query(Log).Bind(after).Bind((long)limit), row =>
        {
            (trimmed, newest) = (row.Int64(0), row.Int64(1));
            if (!row.IsNull(2))
                records.Add(new EventRecord(
                    row.Text(6)!, row.Int64(3), row.Int64(4), EventCodec.Read(row.Bytes(5)),
                    row.Int64(2)));
            return true;
        }).ConfigureAwait(false);
        return new EventLogPage(trimmed, Math.Max(trimmed, newest), records.DrainToImmutable());
    }

    internal static async Task<ImmutableArray<QueueStatus>> ReadStatus(Session session) =>
        [.. await session.All(new Query(Statuses), static row => new QueueStatus(
            row.Text(0)!, row.Int32(1), row.Int32(2), row.Int32(3), row.NullableInt64(4), row.Boolean(5))).ConfigureAwait(false)];

    /// <summary>See <see cref="ITaskStore.ListUnused"/>.</summary>
    internal static async Task<ImmutableArray<string>> ReadUnused(Session session) =>
        [.. await session.All(
            new Query(Unused), static row => row.Text(0)!).ConfigureAwait(false)];

    /// <summary>Returns the number of a queue's scheduled and queued tasks.</summary>
    internal static Task<int> CountWaiting(Session session, int no) =>
        session.First(new Query(Waiting).Bind(no), static row => row.Int32(0));
}
