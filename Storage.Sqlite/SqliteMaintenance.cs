using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Maintenance;
using OrleansTasks.Storage.Notifications;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Schema;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>Maintains the store in a data folder: its database, its output and its stored files.</summary>
/// <param name="options">The options that select the data folder.</param>
public sealed class SqliteMaintenance(SqliteStorageOptions options) : IStoreMaintenance
{
    private const string Kind = "SQLite";
    private const string DatabaseName = "tasks.db", OutputName = "output", FilesName = "files";

    private static readonly string[] LogEndings = ["-wal", "-shm", "-journal"];

    // 2^20 is more than the number of times that any silo has taken a queue since the backup.
    private const string RaiseEpochs = """
        UPDATE queues SET epoch = epoch + 1048576;
        UPDATE webhook_owner SET epoch = epoch + 1048576;
        """;

    // A paused schedule has no next time. A queue that was paused before keeps its reason.
    private const string PauseAll = """
        UPDATE queue_settings SET paused = 1, version = version + 1, pause_at = 1000 * strftime('%s', 'now'),
            pause_reason = 'restored from a backup' WHERE paused = 0;
        INSERT INTO queue_settings (name, placement, version, paused, weight, pause_at, pause_reason)
            SELECT name, 0, 1, 1, 1, 1000 * strftime('%s', 'now'), 'restored from a backup' FROM queues
            WHERE retired = 0 AND name NOT IN (SELECT name FROM queue_settings);
        UPDATE schedules SET paused = 1, version = version + 1, next_at = 0 WHERE paused = 0;
        UPDATE webhooks SET paused = 1;
        """;

    /// <inheritdoc/>
    public Task Init(CancellationToken cancellation)
    {
        DatabaseFile.Prepare(options.DatabasePath, options.BusyTimeout);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<StoreStatus> Status(CancellationToken cancellation) => Use(connection => new StoreStatus(
        $"SQLite in {Path.GetFullPath(options.Directory)}",
        (int)connection.Scalar("SELECT version FROM schema_version"),
        SchemaText.Version,
        connection.Scalar("SELECT count(*) FROM queues"),
        connection.Scalar("SELECT count(*) FROM tasks"),
        new FileInfo(options.DatabasePath).Length));

    /// <inheritdoc/>
    public Task Backup(string folder, CancellationToken cancellation) => BackupFolder.Write(folder, Kind, async partial =>
    {
        var copy = Path.Combine(partial, DatabaseName);
        var schema = await Use(connection =>
        {
            connection.Execute($"VACUUM INTO '{copy.Replace("'", "''", StringComparison.Ordinal)}'");
            PrivateFiles.Protect(copy);
            return (int)connection.Scalar("SELECT version FROM schema_version");
        }).ConfigureAwait(false);
        // Output is copied after the database, so the output that the copied rows refer to is complete.
        if (Directory.Exists(options.OutputPath))
            BackupFolder.Copy(options.OutputPath, Path.Combine(partial, OutputName));
        CopyFiles(options.FilesPath, Path.Combine(partial, FilesName));
        return new BackupManifest { Schema = schema };
    });

    /// <inheritdoc/>
    public Task Restore(string folder, bool isPaused, CancellationToken cancellation)
    {
        UnusableDatabaseException.RequireVersion("backup", BackupFolder.Read(folder, Kind).Schema, SchemaText.Version);
        if (File.Exists(options.DatabasePath))
            throw new UnusableDatabaseException(
                $"{Path.GetFullPath(options.Directory)} already has a store. Restore into an empty data folder.");
        // SQLite would apply a log left by another database to the restored one.
        if (LogEndings.Select(ending => options.DatabasePath + ending).FirstOrDefault(File.Exists) is { } left)
            throw new UnusableDatabaseException(
                $"{Path.GetFullPath(left)} belongs to another database. Restore into an empty data folder.");
        var raised = options.DatabasePath + ".restoring";
        try
        {
            PrivateFiles.CreateFolder(options.Directory);
            if (Directory.Exists(Path.Combine(folder, OutputName)))
                BackupFolder.Copy(Path.Combine(folder, OutputName), options.OutputPath);
            CopyFiles(Path.Combine(folder, FilesName), options.FilesPath);
            foreach (var rest in Directory.GetFiles(options.Directory, Path.GetFileName(raised) + "*"))
                File.Delete(rest);
            PrivateFiles.Create(raised);
            File.Copy(Path.Combine(folder, DatabaseName), raised, overwrite: true);
            // File.Copy also copies the permissions of the backup's file.
            PrivateFiles.Protect(raised);
            using (var connection = Connection.Open(raised, create: false, options.BusyTimeout))
            {
                // VACUUM INTO leaves the copy without a write-ahead log; switch it back before the store's first start.
                connection.Execute(
                    $"PRAGMA synchronous = FULL; BEGIN IMMEDIATE; {RaiseEpochs} {(isPaused ? PauseAll : "")}");
                if (isPaused && HasNotifications(connection))
                    SqliteSql.Run(connection, SqlNotificationStore.PauseAll);
                connection.Execute("COMMIT; PRAGMA journal_mode = WAL");
            }

            BackupFolder.Sync(options.Directory);
            // The last step: until this file exists, there is no store.
            File.Move(raised, options.DatabasePath);
            BackupFolder.SyncFolder(options.Directory);
            return Task.CompletedTask;
        }
        catch (SqliteFault fault)
        {
            throw new UnusableDatabaseException($"Cannot restore the backup: {fault.Detail}", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UnusableDatabaseException($"Cannot restore the backup: {fault.Message}", fault);
        }
    }

    // A backup of an earlier version may have no notifications.
    private static bool HasNotifications(Connection connection)
    {
        var tables = connection.Get("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'notifications'");
        var exists = tables.Step();
        tables.Reset();
        return exists;
    }

    // Files are copied after the database, so those that the copied rows name are complete. Uploads under way are left out.
    private static void CopyFiles(string from, string to)
    {
        for (var part = 0; part < IFileStore.Parts; part++)
        {
            var name = part.ToString("x2", System.Globalization.CultureInfo.InvariantCulture);
            if (Directory.Exists(Path.Combine(from, name)))
                BackupFolder.Copy(Path.Combine(from, name), Path.Combine(to, name));
        }
    }

    private Task<T> Use<T>(Func<Connection, T> use)
    {
        if (!File.Exists(options.DatabasePath))
            throw new UnusableDatabaseException($"{Path.GetFullPath(options.Directory)} has no store. "
                + "Name the service's folder with --data DIR, or create a store: otask db init");
        try
        {
            using var connection = Connection.Open(options.DatabasePath, create: false, options.BusyTimeout);
            return Task.FromResult(use(connection));
        }
        catch (SqliteFault fault)
        {
            throw new UnusableDatabaseException($"Cannot read the store: {fault.Detail}", fault);
        }
    }
}
