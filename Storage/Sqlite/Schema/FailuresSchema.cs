namespace OrleansTasks.Storage.Sqlite.Schema;

/// <summary>
/// Makes version 3 of version 2: fingerprints of failed tasks, and an index by end for tasks that succeeded and one for
/// those that did not, because they may be kept for different times. A program of version 2 needs the index that is
/// gone, and cannot read retry policies with budgets by cause, so it refuses the file.
/// </summary>
internal static class FailuresSchema
{
    internal const string Text = """
        DROP INDEX IF EXISTS tasks_ended;
        CREATE INDEX tasks_succeeded ON tasks (ended_at) WHERE state = 4;
        CREATE INDEX tasks_unsuccessful ON tasks (ended_at) WHERE state > 4;

        CREATE TABLE failures (
            task INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            fingerprint INTEGER NOT NULL,
            at INTEGER NOT NULL);
        CREATE INDEX failures_fingerprint ON failures (fingerprint, id, at);

        UPDATE schema_version SET version = 3, oldest_reader = 3;
        """;
}
