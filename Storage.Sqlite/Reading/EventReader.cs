using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Encodings;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Reads queue counts and events.</summary>
internal static class EventReader
{
    private const string Positions = """
        SELECT name, seq, ifnull((SELECT min(e.seq) FROM events e WHERE e.queue = q.no), 0) FROM queues q ORDER BY name
        """;

    private const string Records = """
        SELECT e.seq, e.at, e.entries FROM queues q JOIN events e ON e.queue = q.no
        WHERE q.name = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3
        """;

    private const string Queues = "SELECT no, name, retired FROM queues ORDER BY name";

    // A queue's rows have keys from first_no + 1 to last_no. Items and occurrences never exist without one of these
    // rows.
    private const string Unused = """
        SELECT name FROM queues q WHERE retired = 0
            AND NOT EXISTS (SELECT 1 FROM tasks WHERE key > q.first_no AND key <= q.last_no)
            AND NOT EXISTS (SELECT 1 FROM jobs WHERE key > q.first_no AND key <= q.last_no)
            AND NOT EXISTS (SELECT 1 FROM workflows WHERE key > q.first_no AND key <= q.last_no)
            AND NOT EXISTS (SELECT 1 FROM schedules WHERE key > q.first_no AND key <= q.last_no)
            AND NOT EXISTS (SELECT 1 FROM rollouts WHERE key > q.first_no AND key <= q.last_no)
        ORDER BY no
        """;

    // State 0 is scheduled, 1 queued; both together are the condition of the index.
    private const string Waiting = """
        SELECT sum(state = 0), sum(state = 1), min(CASE state WHEN 1 THEN queued_at END)
        FROM tasks INDEXED BY tasks_waiting WHERE state < 2 AND queue = ?1
        """;

    // Assigned (2) and running (3).
    private const string Leased =
        "SELECT count(*) FROM tasks INDEXED BY tasks_leased WHERE state IN (2, 3) AND queue = ?1";

    private const string Log = """
        SELECT q.name, e.seq, e.at, e.entries, e.no FROM events e CROSS JOIN queues q ON q.no = e.queue
        WHERE e.no > ?1 ORDER BY e.no LIMIT ?2
        """;

    private const string LogBounds =
        "SELECT ifnull((SELECT no FROM event_trim), 0), ifnull((SELECT max(no) FROM events), 0)";

    internal static ImmutableArray<EventPosition> ReadPositions(ReadSession session)
    {
        var positions = ImmutableArray.CreateBuilder<EventPosition>();
        var row = session.Get(Positions);
        while (row.Step())
            positions.Add(new EventPosition(session.Names.Get(row.Bytes(0)), row.Int64(2), row.Int64(1)));
        return positions.DrainToImmutable();
    }

    internal static ImmutableArray<EventRecord> Read(ReadSession session, string queue, long after, int limit)
    {
        var events = ImmutableArray.CreateBuilder<EventRecord>();
        var row = session.Get(Records);
        row.Bind(1, queue);
        row.Bind(2, after);
        row.Bind(3, (long)limit);
        while (row.Step())
            events.Add(new EventRecord(queue, row.Int64(0), row.Int64(1), EventCodec.Read(row.Bytes(2))));
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
            records.Add(new EventRecord(
                session.Names.Get(row.Bytes(0)), row.Int64(1), row.Int64(2), EventCodec.Read(row.Bytes(3)), row.Int64(4)));
        return new EventLogPage(trimmed, Math.Max(trimmed, newest), records.DrainToImmutable());
    }

    internal static ImmutableArray<QueueStatus> ReadStatus(ReadSession session)
    {
        var statuses = ImmutableArray.CreateBuilder<QueueStatus>();
        var row = session.Get(Queues);
        while (row.Step())
            statuses.Add(ReadStatus(
                session, row.Int32(0), session.Names.Get(row.Bytes(1)), row.Int32(2) != 0));
        return statuses.DrainToImmutable();
    }

    /// <summary>See <see cref="ITaskStore.ListUnused"/>.</summary>
    internal static ImmutableArray<string> ReadUnused(ReadSession session)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        var row = session.Get(Unused);
        while (row.Step())
            found.Add(row.Text(0)!);
        return found.DrainToImmutable();
    }

    /// <summary>Returns the number of a queue's scheduled and queued tasks.</summary>
    internal static int CountWaiting(ReadSession session, int no)
    {
        var waiting = session.Get(Waiting);
        waiting.Bind(1, no);
        waiting.Step();
        var count = waiting.Int32(0) + waiting.Int32(1);
        waiting.Reset();
        return count;
    }

    private static QueueStatus ReadStatus(ReadSession session, int no, string name, bool isRetired)
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
        return new QueueStatus(name, scheduled, queued, running, oldest, isRetired);
    }
}
