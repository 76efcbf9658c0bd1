namespace OrleansTasks.Storage.Postgres.Schema;

/// <summary>The table of tasks as they were before a cancel or retry.</summary>
internal static class UndoSchema
{
    internal const string Text = """
        CREATE TABLE ot.undo (
            operation uuid NOT NULL,
            task bigint NOT NULL,
            at bigint NOT NULL,
            ord bigint NOT NULL,
            had_dependents boolean NOT NULL,
            fingerprint bigint,
            outcome integer NOT NULL,
            before bytea NOT NULL,
            PRIMARY KEY (operation, task));
        CREATE INDEX undo_at ON ot.undo (at);
        """;
}
