using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Writing;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Reads partitions' figures and events.</summary>
internal static class EventReader
{
    private const string Positions = """
        SELECT queue, number, seq,
            (SELECT e.key FROM events e WHERE e.key > p.no << 40 AND e.key < (p.no + 1) << 40 ORDER BY e.key LIMIT 1)
        FROM partitions p ORDER BY queue, number
        """;

    private const string Number = "SELECT no FROM partitions WHERE queue = ?1 AND number = ?2";

    private const string Records =
        "SELECT key, at, entries FROM events WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ?3";

    private const string Partitions = """
        SELECT p.no, p.queue, p.number, ifnull(l.retired, 0)
        FROM partitions p LEFT JOIN partition_limits l ON l.partition = p.no ORDER BY p.queue, p.number
        """;

    private const string Unused = """
        SELECT p.queue, p.number FROM partitions p LEFT JOIN partition_limits l ON l.partition = p.no
        WHERE ifnull(l.retired, 0) = 0
            AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.key > p.no << 40 AND t.key < (p.no + 1) << 40)
            AND NOT EXISTS (SELECT 1 FROM jobs t WHERE t.key > p.no << 40 AND t.key < (p.no + 1) << 40)
            AND NOT EXISTS (SELECT 1 FROM workflows t WHERE t.key > p.no << 40 AND t.key < (p.no + 1) << 40)
            AND NOT EXISTS (SELECT 1 FROM schedules t WHERE t.key > p.no << 40 AND t.key < (p.no + 1) << 40)
        ORDER BY p.no
        """;

    private const string Waiting = """
        SELECT sum(state = 0), sum(state = 1), min(CASE state WHEN 1 THEN queued_at END)
        FROM tasks INDEXED BY tasks_waiting WHERE state < 2 AND partition = ?1
        """;

    private const string Leased =
        "SELECT count(*) FROM tasks INDEXED BY tasks_leased WHERE state IN (2, 3) AND partition = ?1";

    private const string Log = """
        SELECT e.key, e.at, e.entries, e.no, p.queue, p.number
        FROM events e INDEXED BY events_no CROSS JOIN partitions p ON p.no = e.key >> 40
        WHERE e.no > ?1 ORDER BY e.no LIMIT ?2
        """;

    private const string LogBounds =
        "SELECT ifnull((SELECT no FROM event_trim), 0), ifnull((SELECT max(no) FROM events), 0)";

    internal static ImmutableArray<EventPosition> ReadPositions(ReadSession session)
    {
        var positions = ImmutableArray.CreateBuilder<EventPosition>();
        var row = session.Get(Positions);
        while (row.Step())
            positions.Add(new EventPosition(
                new PartitionKey(session.Names.Get(row.Bytes(0)), row.Int32(1)), RowKey.Number(row.Int64(3)),
                row.Int64(2)));
        return positions.DrainToImmutable();
    }

    internal static ImmutableArray<EventRecord> Read(ReadSession session, PartitionKey partition, long after, int limit)
    {
        var number = session.Get(Number);
        number.Bind(1, partition.Queue);
        number.Bind(2, partition.Number);
        if (!number.Step())
            return [];
        var no = number.Int32(0);
        number.Reset();

        var events = ImmutableArray.CreateBuilder<EventRecord>();
        var row = session.Get(Records);
        row.Bind(1, RowKey.Of(no, Math.Max(after, 0)));
        row.Bind(2, RowKey.Of(no + 1, 0));
        row.Bind(3, (long)limit);
        while (row.Step())
            events.Add(new EventRecord(
                partition, RowKey.Number(row.Int64(0)), row.Int64(1), EventCodec.Read(row.Bytes(2))));
        return events.DrainToImmutable();
    }

    internal static EventLogPage ReadLog(ReadSession session, long after, int limit)
    {
        var bounds = session.Get(LogBounds);
        bounds.Step();
        var (trimmed, newest) = (bounds.Int64(0), bounds.Int64(1));
        bounds.Reset();
        var records = ImmutableArray.CreateBuilder<EventRecord>();
        var row = session.Get(Log);
        row.Bind(1, after);
        row.Bind(2, (long)limit);
        while (row.Step())
        {
            var partition = new PartitionKey(session.Names.Get(row.Bytes(4)), row.Int32(5));
            records.Add(new EventRecord(
                partition, RowKey.Number(row.Int64(0)), row.Int64(1), EventCodec.Read(row.Bytes(2)), row.Int64(3)));
        }

        return new EventLogPage(trimmed, Math.Max(trimmed, newest), records.DrainToImmutable());
    }

    internal static ImmutableArray<PartitionStatus> ReadStatus(ReadSession session)
    {
        var statuses = ImmutableArray.CreateBuilder<PartitionStatus>();
        var row = session.Get(Partitions);
        while (row.Step())
            statuses.Add(ReadStatus(
                session, row.Int32(0), new PartitionKey(session.Names.Get(row.Bytes(1)), row.Int32(2)), row.Int32(3) != 0));
        return statuses.DrainToImmutable();
    }

    /// <summary>See <see cref="ITaskStore.ListUnused"/>.</summary>
    internal static ImmutableArray<PartitionKey> ReadUnused(ReadSession session)
    {
        var found = ImmutableArray.CreateBuilder<PartitionKey>();
        var row = session.Get(Unused);
        while (row.Step())
            found.Add(new PartitionKey(row.Text(0)!, row.Int32(1)));
        return found.DrainToImmutable();
    }

    /// <summary>How many tasks of a partition are scheduled or queued.</summary>
    internal static int CountWaiting(ReadSession session, int no)
    {
        var waiting = session.Get(Waiting);
        waiting.Bind(1, no);
        waiting.Step();
        var count = waiting.Int32(0) + waiting.Int32(1);
        waiting.Reset();
        return count;
    }

    private static PartitionStatus ReadStatus(ReadSession session, int no, PartitionKey key, bool isRetired)
    {
        var waiting = session.Get(Waiting);
        waiting.Bind(1, no);
        waiting.Step();
        var (scheduled, queued) = (waiting.Int32(0), waiting.Int32(1));
        long? oldest = waiting.IsNull(2) ? null : waiting.Int64(2);
        waiting.Reset();
        var leased = session.Get(Leased);
        leased.Bind(1, no);
        leased.Step();
        var running = leased.Int32(0);
        leased.Reset();
        // A program that does not know the mark may have put tasks into a retired partition.
        return new PartitionStatus(key, scheduled, queued, running, oldest, isRetired && scheduled + queued + running == 0);
    }
}
