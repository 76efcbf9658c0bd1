namespace OrleansTasks.Storage.Sqlite.Schema;

/// <summary>
/// Adds the table of tasks as they were before a cancel or retry. Without it, an older program of this version cancels and
/// retries, and nothing can be undone.
/// </summary>
internal static class UndoSchema
{
    internal const string Text = """
        CREATE TABLE undo (
            operation BLOB NOT NULL,
            task INTEGER NOT NULL,
            at INTEGER NOT NULL,
            ord INTEGER NOT NULL,
            had_dependents INTEGER NOT NULL,
            fingerprint INTEGER,
            outcome INTEGER NOT NULL,
            before BLOB NOT NULL,
            PRIMARY KEY (operation, task)) WITHOUT ROWID;
        CREATE INDEX undo_at ON undo (at);
        """;

    /// <summary>Counts what <see cref="Text"/> adds last.</summary>
    internal const string Count = "SELECT count(*) FROM sqlite_master WHERE name = 'undo_at'";
}
