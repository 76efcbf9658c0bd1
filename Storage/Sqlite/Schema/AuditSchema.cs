namespace OrleansTasks.Storage.Sqlite.Schema;

/// <summary>
/// Adds the table of who changed what to version 4. An older program of this version changes things without a record.
/// </summary>
internal static class AuditSchema
{
    internal const string Text = """
        CREATE TABLE audit (
            no INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            partition INTEGER NOT NULL,
            at INTEGER NOT NULL,
            count INTEGER NOT NULL,
            action TEXT NOT NULL,
            target TEXT,
            key_id TEXT,
            key_name TEXT,
            says TEXT,
            reason TEXT,
            address TEXT,
            was TEXT,
            became TEXT,
            UNIQUE (id, partition));
        CREATE INDEX audit_target ON audit (target, id);
        CREATE INDEX audit_action ON audit (action, no);
        """;

    /// <summary>Counts what <see cref="Text"/> adds.</summary>
    internal const string Count = "SELECT count(*) FROM sqlite_master WHERE name = 'audit_target'";
}
