using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>Reads partitions' figures and events.</summary>
internal static class EventReader
{
    private const string Unused = """
        SELECT p.queue, p.number FROM ot.partitions p
        WHERE NOT p.retired
            AND NOT EXISTS (SELECT 1 FROM ot.tasks t WHERE t.key > p.no::bigint << 40 AND t.key < (p.no + 1)::bigint << 40)
            AND NOT EXISTS (SELECT 1 FROM ot.jobs t WHERE t.key > p.no::bigint << 40 AND t.key < (p.no + 1)::bigint << 40)
            AND NOT EXISTS (SELECT 1 FROM ot.workflows t WHERE t.key > p.no::bigint << 40 AND t.key < (p.no + 1)::bigint << 40)
            AND NOT EXISTS (SELECT 1 FROM ot.schedules t WHERE t.key > p.no::bigint << 40 AND t.key < (p.no + 1)::bigint << 40)
        ORDER BY p.no
        """;

    private const string Positions = """
        SELECT queue, number, seq, coalesce((SELECT min(e.seq) FROM ot.events e WHERE e.partition = p.no), 0)
        FROM ot.partitions p ORDER BY queue, number
        """;

    private const string Records = """
        SELECT e.seq, e.at, e.entries FROM ot.events e JOIN ot.partitions p ON p.no = e.partition
        WHERE p.queue = $1 AND p.number = $2 AND e.seq > $3 ORDER BY e.seq LIMIT $4
        """;

    // Tasks may have come into a retired partition by a program that does not know the mark, as in the SQLite file.
    private const string Statuses = """
        SELECT p.queue, p.number, p.retired, w.scheduled, w.queued, l.leased, w.oldest
        FROM ot.partitions p,
            LATERAL (SELECT count(*) FILTER (WHERE state = 0)::integer AS scheduled, count(*) FILTER (WHERE state = 1)::integer AS queued,
                min(queued_at) FILTER (WHERE state = 1) AS oldest FROM ot.tasks WHERE state < 2 AND partition = p.no) w,
            LATERAL (SELECT count(*)::integer AS leased FROM ot.tasks WHERE state IN (2, 3) AND partition = p.no) l
        ORDER BY p.queue, p.number
        """;

    private const string Waiting = "SELECT count(*)::integer FROM ot.tasks WHERE state < 2 AND partition = $1";

    // One statement, so that the bounds and the records are of one moment.
    private const string Log = """
        SELECT t.no, l.last, e.no, e.seq, e.at, e.entries, p.queue, p.number
        FROM ot.event_trim t CROSS JOIN ot.event_log l
            LEFT JOIN (SELECT * FROM ot.events WHERE no > $1 ORDER BY no LIMIT $2) e ON true
            LEFT JOIN ot.partitions p ON p.no = e.partition
        ORDER BY e.no
        """;

    internal static async Task<ImmutableArray<EventPosition>> ReadPositions(Session session) =>
        [.. await session.All(new Query(Positions), static row => new EventPosition(
            new PartitionKey(row.Text(0)!, row.Int32(1)), row.Int64(3), row.Int64(2))).ConfigureAwait(false)];

    internal static async Task<ImmutableArray<EventRecord>> Read(Session session, PartitionKey partition, long after, int limit)
    {
        var query = new Query(Records).Bind(partition.Queue).Bind(partition.Number).Bind(after).Bind((long)limit);
        return [.. await session.All(query, row => new EventRecord(
            partition, row.Int64(0), row.Int64(1), EventCodec.Read(row.Bytes(2)))).ConfigureAwait(false)];
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
                    new PartitionKey(row.Text(6)!, row.Int32(7)), row.Int64(3), row.Int64(4), EventCodec.Read(row.Bytes(5)),
                    row.Int64(2)));
            return true;
        }).ConfigureAwait(false);
        return new EventLogPage(trimmed, Math.Max(trimmed, newest), records.DrainToImmutable());
    }

    internal static async Task<ImmutableArray<PartitionStatus>> ReadStatus(Session session) =>
        [.. await session.All(new Query(Statuses), static row =>
        {
            var (scheduled, queued, running) = (row.Int32(3), row.Int32(4), row.Int32(5));
            return new PartitionStatus(
                new PartitionKey(row.Text(0)!, row.Int32(1)), scheduled, queued, running, row.NullableInt64(6),
                row.Boolean(2) && scheduled + queued + running == 0);
        }).ConfigureAwait(false)];

    /// <summary>See <see cref="ITaskStore.ListUnused"/>.</summary>
    internal static async Task<ImmutableArray<PartitionKey>> ReadUnused(Session session) =>
        [.. await session.All(
            new Query(Unused), static row => new PartitionKey(row.Text(0)!, row.Int32(1))).ConfigureAwait(false)];

    /// <summary>How many tasks of a partition are scheduled or queued.</summary>
    internal static Task<int> CountWaiting(Session session, int no) =>
        session.First(new Query(Waiting).Bind(no), static row => row.Int32(0));
}
