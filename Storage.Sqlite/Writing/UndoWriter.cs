using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Writes the rows for undoing cancels and retries, and removes old ones.</summary>
internal static class UndoWriter
{
    // Runs before the tasks are written, because a retry deletes the fingerprint that it copies. Outcome 0 is pending.
    private const string Keep = """
        INSERT INTO undo (operation, queue, task, at, ord, had_dependents, fingerprint, outcome, before)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT fingerprint FROM failures WHERE task = ?3), 0, ?7)
        ON CONFLICT (operation, queue, task) DO UPDATE SET at = excluded.at, ord = excluded.ord,
            had_dependents = excluded.had_dependents, fingerprint = excluded.fingerprint, outcome = 0,
            before = excluded.before
        """;

    private const string Decide = "UPDATE undo SET outcome = ?4 WHERE operation = ?1 AND queue = ?2 AND task = ?3";

    private const string DecideAll = "UPDATE undo SET outcome = ?2 WHERE queue = ?1 AND outcome = 0";

    private const string Remove = """
        DELETE FROM undo WHERE (operation, queue, task) IN (
            SELECT operation, queue, task FROM undo INDEXED BY undo_at WHERE at <= ?1 ORDER BY at LIMIT ?2)
        """;

    /// <summary>Writes a commit's rows. Must run before the commit's tasks are written.</summary>
    internal static void Write(Connection connection, int queueNo, UndoCommit commit)
    {
        foreach (var row in commit.Kept)
        {
            var keep = connection.Get(Keep);
            keep.Bind(1, row.Operation);
            keep.Bind(2, queueNo);
            keep.Bind(3, row.Before.No);
            keep.Bind(4, row.At);
            keep.Bind(5, row.Order);
            keep.Bind(6, row.HadDependents);
            keep.Bind(7, TaskRowCodec.Write(row.Before));
            keep.Run();
        }

        foreach (var (operation, no, outcome) in commit.Decided)
        {
            var decide = connection.Get(Decide);
            decide.Bind(1, operation);
            decide.Bind(2, queueNo);
            decide.Bind(3, no);
            decide.Bind(4, (long)outcome);
            decide.Run();
        }

        if (!commit.IsQueueGone)
            return;
        var all = connection.Get(DecideAll);
        all.Bind(1, queueNo);
        all.Bind(2, (long)UndoOutcome.QueueGone);
        all.Run();
    }

    /// <summary>Removes rows of changes made up to a time, and returns their number.</summary>
    internal static int Trim(Connection connection, long until, int limit)
    {
        var remove = connection.Get(Remove);
        remove.Bind(1, until);
        remove.Bind(2, (long)limit);
        return remove.Run();
    }
}
