namespace OrleansTasks.Storage.Sqlite.Schema;

/// <summary>
/// Makes version 4 of version 3: schedules with their occurrences. A program of version 3 would start nothing by them and
/// would not notice when what they started ends, so it refuses the file. A key is the partition's number × 2^40 + the row's
/// number, as a task's is.
/// </summary>
internal static class SchedulesSchema
{
    internal const string Text = """
        CREATE TABLE schedules (
            key INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            version INTEGER NOT NULL,
            paused INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            next_at INTEGER NOT NULL,
            last_at INTEGER NOT NULL,
            last_run INTEGER NOT NULL,
            parallel INTEGER NOT NULL);

        CREATE TABLE schedule_specs (schedule INTEGER PRIMARY KEY, spec BLOB NOT NULL, secret_env BLOB);

        CREATE TABLE occurrences (
            key INTEGER PRIMARY KEY,
            schedule INTEGER NOT NULL,
            at INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            outcome INTEGER NOT NULL,
            until INTEGER NOT NULL,
            count INTEGER NOT NULL,
            reason INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            task BLOB,
            state INTEGER);
        CREATE INDEX occurrences_schedule ON occurrences (schedule, at, key);
        CREATE UNIQUE INDEX occurrences_once ON occurrences (schedule, at) WHERE kind = 0;
        CREATE INDEX occurrences_open ON occurrences (key) WHERE outcome < 2 AND state IS NULL;

        UPDATE schema_version SET version = 4, oldest_reader = 4;
        """;

    /// <summary>Adds the workflow that an occurrence started to version 4, which was not released without it.</summary>
    internal const string Workflow = "ALTER TABLE occurrences ADD COLUMN workflow BLOB";

    /// <summary>Counts what <see cref="Workflow"/> adds.</summary>
    internal const string CountWorkflow =
        "SELECT count(*) FROM pragma_table_info('occurrences') WHERE name = 'workflow'";

    /// <summary>Adds the data job that an occurrence started to version 4, which was not released without it.</summary>
    internal const string Job = "ALTER TABLE occurrences ADD COLUMN job BLOB";

    /// <summary>Counts what <see cref="Job"/> adds.</summary>
    internal const string CountJob =
        "SELECT count(*) FROM pragma_table_info('occurrences') WHERE name = 'job'";
}
