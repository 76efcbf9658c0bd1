using OrleansTasks.Files;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Removes what retention has selected. Each method runs in one small transaction.</summary>
internal static class RetentionWriter
{
    /// <summary>
    /// The maximum time of a slot. A slot is bounded by time as well as by rows, because freeing the many pages of
    /// large specs takes long.
    /// </summary>
    private static readonly TimeSpan SlotTime = TimeSpan.FromMilliseconds(5);

    // Checks again that the task is final (above 3) and old enough; ?2 is for succeeded tasks (4), ?3 for all others.
    private const string RemoveTask = "DELETE FROM tasks WHERE key = ?1 AND state > 3 AND ended_at < iif(state = 4, ?2, ?3)";
    private const string LabelsOf = "SELECT labels FROM specs WHERE task = ?1 AND labels IS NOT NULL";
    private const string RemoveLabel = "DELETE FROM labels WHERE name = ?1 AND value = ?2 AND id = ?3";

    private static readonly string[] Belongings =
    [
        "DELETE FROM specs WHERE task = ?1",
        "DELETE FROM secrets WHERE task = ?1",
        "DELETE FROM results WHERE task = ?1",
        "DELETE FROM attempts WHERE task = ?1",
        "DELETE FROM failures WHERE task = ?1",
        "DELETE FROM task_results WHERE task = ?1",
        "DELETE FROM task_progress WHERE task = ?1",
    ];

    // Place 1 is the output store, 2 dropped.
    private const string Drop = """
        UPDATE results SET place = 2 WHERE task = ?1 AND place = 1
            AND EXISTS (SELECT 1 FROM tasks WHERE key = ?1 AND state > 3 AND ended_at <= ?2)
        """;

    // Numbers are in the order of time, so the walk looks at ?2 rows and needs no index by time.
    private const string Forget = """
        DELETE FROM idempotency WHERE no IN (
            SELECT no FROM (SELECT no, at FROM idempotency ORDER BY no LIMIT ?2) WHERE at <= ?1)
        """;

    // A record's transitions are the queue's running total after its commit. ?2 is the number of commits to keep, ?3
    // that of transitions.
    private const string Trim = """
        DELETE FROM events WHERE no IN (
            SELECT e.no FROM queues q, (
                SELECT no, seq, transitions FROM events WHERE queue = ?1 ORDER BY seq LIMIT ?4) e
            WHERE q.no = ?1 AND (e.seq <= q.seq - ?2 OR e.transitions <= q.transitions - ?3))
        RETURNING no
        """;

    private const string NoteTrim = """
        INSERT INTO event_trim (id, no) VALUES (0, ?1) ON CONFLICT (id) DO UPDATE SET no = max(no, ?1)
        """;

    /// <summary>
    /// Deletes those tasks that are still final and old enough, with all that belongs to them, until the slot's time is
    /// up. Returns the ids of the deleted tasks.
    /// </summary>
    internal static List<TaskId> Remove(
        Connection connection, IEnumerable<(long Key, TaskId Id)> tasks, long endedBefore, long failedBefore, TimeProvider time)
    {
        var removed = new List<TaskId>();
        var begun = time.GetTimestamp();
        var remove = connection.Get(RemoveTask);
        foreach (var (key, id) in tasks)
        {
            remove.Bind(1, key);
            remove.Bind(2, endedBefore);
            remove.Bind(3, failedBefore);
            if (remove.Run() == 0)
                continue;
            RemoveLabels(connection, key, id);
            FileUseWriter.Remove(connection, FileUseKind.Task, id);
            RunAll(connection, Belongings, key);
            removed.Add(id);
            if (time.GetElapsedTime(begun) >= SlotTime)
                break;
        }

        return removed;
    }

    /// <summary>
    /// Marks the output of tasks as dropped, unless they are open again or ended after a time. Returns the ids of the
    /// marked tasks.
    /// </summary>
    internal static List<TaskId> MarkDropped(
        Connection connection, IEnumerable<(long Key, TaskId Id)> tasks, long endedBy)
    {
        var dropped = new List<TaskId>();
        var drop = connection.Get(Drop);
        foreach (var (key, id) in tasks)
        {
            drop.Bind(1, key);
            drop.Bind(2, endedBy);
            if (drop.Run() > 0)
                dropped.Add(id);
        }

        return dropped;
    }

    /// <summary>Deletes expired idempotency keys and returns their number.</summary>
    internal static int ForgetKeys(Connection connection, long until, int limit)
    {
        var forget = connection.Get(Forget);
        forget.Bind(1, until);
        forget.Bind(2, (long)limit);
        return forget.Run();
    }

    /// <summary>Deletes a queue's oldest event records beyond either bound and returns their number.</summary>
    internal static int TrimEvents(Connection connection, int queueNo, long records, long transitions, int limit)
    {
        var trim = connection.Get(Trim);
        trim.Bind(1, queueNo);
        trim.Bind(2, records);
        trim.Bind(3, transitions);
        trim.Bind(4, (long)limit);
        var (count, newest) = (0, 0L);
        for (; trim.Step(); count++)
            newest = Math.Max(newest, trim.Int64(0));
        if (count == 0)
            return 0;
        var note = connection.Get(NoteTrim);
        note.Bind(1, newest);
        note.Run();
        return count;
    }

    /// <summary>Runs statements whose only parameter is a key.</summary>
    internal static void RunAll(Connection connection, string[] statements, long key)
    {
        foreach (var sql in statements)
        {
            var statement = connection.Get(sql);
            statement.Bind(1, key);
            statement.Run();
        }
    }

    private static void RemoveLabels(Connection connection, long key, TaskId id)
    {
        var find = connection.Get(LabelsOf);
        find.Bind(1, key);
        ImmutableArray<Label> labels = [];
        while (find.Step())
            labels = LabelText.ReadOrTell(find.Bytes(0));
        var remove = connection.Get(RemoveLabel);
        foreach (var label in labels)
        {
            remove.Bind(1, label.Key);
            remove.Bind(2, label.Value);
            remove.Bind(3, id);
            remove.Run();
        }
    }
}
