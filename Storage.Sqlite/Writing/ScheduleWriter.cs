using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Writes a commit's changes to schedules and their occurrences.</summary>
internal static class ScheduleWriter
{
    private const string PutSchedule = """
        INSERT INTO schedules (key, id, version, paused, created_at, next_at, last_at, last_run, parallel, queue)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT (key) DO UPDATE SET version = ?3, paused = ?4, next_at = ?6, last_at = ?7, last_run = ?8, parallel = ?9
        """;

    private const string PutBody = "INSERT OR REPLACE INTO schedule_specs (schedule, spec, secret_env) VALUES (?1, ?2, ?3)";

    private const string PutOccurrence = """
        INSERT INTO occurrences
            (key, schedule, at, kind, outcome, until, count, reason, started_at, task, state, workflow, job, queue, file)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        ON CONFLICT (key) DO UPDATE SET outcome = ?5, until = ?6, count = ?7, reason = ?8, started_at = ?9, task = ?10,
            state = ?11, workflow = ?12, job = ?13
        """;

    private const string PutFolder =
        "INSERT OR REPLACE INTO schedule_folders (schedule, seen, problem, since) VALUES (?1, ?2, ?3, ?4)";

    private const string Drop = "DELETE FROM occurrences WHERE key = ?1";

    // Trims by number, not by time, so that a backfill's old times are not deleted as soon as they are written. Keeps
    // the newest ?2 rows and all open ones (pending or started, with no final state yet).
    private const string Trim = """
        DELETE FROM occurrences WHERE schedule = ?1 AND NOT (outcome < 2 AND state IS NULL) AND key <=
            (SELECT key FROM occurrences WHERE schedule = ?1 ORDER BY key DESC LIMIT 1 OFFSET ?2)
        """;

    private const string DeleteOccurrences = "DELETE FROM occurrences WHERE schedule = ?1";
    private const string DeleteBody = "DELETE FROM schedule_specs WHERE schedule = ?1";
    private const string DeleteFolder = "DELETE FROM schedule_folders WHERE schedule = ?1";
    private const string DeleteSchedule = "DELETE FROM schedules WHERE key = ?1";

    /// <summary>
    /// Writes the changes. Throws for an id that another schedule has, and for a time that already has an occurrence.
    /// </summary>
    internal static void Write(Connection connection, int queueNo, ScheduleCommit commit)
    {
        foreach (var no in commit.Deleted)
            Delete(connection, no);
        foreach (var row in commit.Rows)
            Put(connection, queueNo, row);
        foreach (var body in commit.Bodies)
            Put(connection, body);
        foreach (var folder in commit.Folders)
            Put(connection, folder);
        foreach (var no in commit.Dropped)
            RunWith(connection.Get(Drop), no);
        foreach (var row in commit.Occurrences)
            Put(connection, queueNo, row);
        foreach (var no in commit.Trimmed)
        {
            var trim = connection.Get(Trim);
            trim.Bind(2, (long)IScheduleStore.KeptOccurrences);
            RunWith(trim, no);
        }
    }

    private static void Put(Connection connection, int queueNo, ScheduleRow row)
    {
        var put = connection.Get(PutSchedule);
        put.Bind(2, row.Id);
        put.Bind(3, row.Version);
        put.Bind(4, row.Paused);
        put.Bind(5, row.CreatedAt);
        put.Bind(6, row.NextAt);
        put.Bind(7, row.LastAt);
        put.Bind(8, row.LastRun);
        put.Bind(9, (long)row.Parallel);
        put.Bind(10, queueNo);
        RunWith(put, row.No);
    }

    private static void Put(Connection connection, ScheduleBody body)
    {
        var put = connection.Get(PutBody);
        put.Bind(2, body.Spec.Span);
        if (body.SecretEnv.IsEmpty)
            put.BindNull(3);
        else
            put.Bind(3, body.SecretEnv.Span);
        Erasing(connection, put, body.No);
    }

    private static void Put(Connection connection, int queueNo, OccurrenceRow row)
    {
        var put = connection.Get(PutOccurrence);
        put.Bind(2, row.Schedule);
        put.Bind(3, row.At);
        put.Bind(4, (long)row.Kind);
        put.Bind(5, (long)row.Outcome);
        put.Bind(6, row.Until);
        put.Bind(7, row.Count);
        put.Bind(8, (long)row.Reason);
        put.Bind(9, row.StartedAt);
        Bind(put, 10, row.Task);
        put.BindNullable(11, (int?)row.State);
        Bind(put, 12, row.Workflow);
        Bind(put, 13, row.Job);
        put.Bind(14, queueNo);
        put.Bind(15, row.File);
        RunWith(put, row.No);
    }

    private static void Put(Connection connection, FolderRow folder)
    {
        if (folder.Seen.IsEmpty)
        {
            RunWith(connection.Get(DeleteFolder), folder.No);
            return;
        }

        var put = connection.Get(PutFolder);
        put.Bind(2, folder.Seen.Span);
        put.Bind(3, folder.Problem);
        put.Bind(4, folder.Since);
        RunWith(put, folder.No);
    }

    private static void Bind(Statement put, int index, TaskId? id)
    {
        if (id is { } known)
            put.Bind(index, known);
        else
            put.BindNull(index);
    }

    private static void Delete(Connection connection, long key)
    {
        RunWith(connection.Get(DeleteOccurrences), key);
        Erasing(connection, connection.Get(DeleteBody), key);
        RunWith(connection.Get(DeleteFolder), key);
        RunWith(connection.Get(DeleteSchedule), key);
    }

    /// <summary>
    /// Runs a statement that deletes or replaces secrets. With secure_delete on, SQLite overwrites deleted bytes with
    /// zeros, so none remain in free pages. TaskWriter does the same for the secrets of tasks.
    /// </summary>
    internal static void Erasing(Connection connection, Statement statement, long key)
    {
        connection.Execute("PRAGMA secure_delete = ON");
        RunWith(statement, key);
        connection.Execute("PRAGMA secure_delete = FAST");
        connection.ErasedSecrets = true;
    }

    // The key is always the first parameter.
    private static void RunWith(Statement statement, long key)
    {
        statement.Bind(1, key);
        statement.Run();
    }
}
