using Npgsql;
using OrleansTasks.Storage.Maintenance;
using OrleansTasks.Storage.Notifications;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Postgres.Schema;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Maintains the store in a PostgreSQL database.</summary>
/// <param name="options">The options that select the database.</param>
public sealed class PostgresMaintenance(PostgresStorageOptions options) : IStoreMaintenance
{
    private const string Kind = "PostgreSQL";

    // Omits the cluster's members, which are running processes, the version, which the manifest has, and the locks,
    // which each schema has.
    private const string Columns = """
        SELECT table_name, string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns
        WHERE table_schema = 'ot' AND table_name NOT IN ('schema_version', 'members', 'members_version', 'locks')
        GROUP BY table_name ORDER BY table_name
        """;

    private const string Describe = """
        SELECT version, (SELECT count(*) FROM ot.queues), (SELECT count(*) FROM ot.tasks),
            (SELECT coalesce(sum(pg_total_relation_size(format('ot.%I', tablename)::regclass)), 0)::bigint
             FROM pg_tables WHERE schemaname = 'ot')
        FROM ot.schema_version
        """;

    private const string HasData = """
        SELECT EXISTS (SELECT 1 FROM ot.queues) OR EXISTS (SELECT 1 FROM ot.queue_settings) OR EXISTS (SELECT 1 FROM ot.nodes)
            OR EXISTS (SELECT 1 FROM ot.keys) OR EXISTS (SELECT 1 FROM ot.authority) OR EXISTS (SELECT 1 FROM ot.join_tokens)
            OR EXISTS (SELECT 1 FROM ot.webhooks) OR EXISTS (SELECT 1 FROM ot.submissions)
        """;

    // A new schema has a row in each of these tables; the backup brings its own.
    private const string EmptySingles =
        "DELETE FROM ot.installation; DELETE FROM ot.event_trim; DELETE FROM ot.webhook_owner";

    // Raises epochs by 2^20, which is more than the number of times that any silo has taken a queue since the backup.
    // Gives the store a new cluster name, because silos of the copied one may still run. Advances the identity columns
    // beyond the restored numbers.
    private const string Finish = """
        UPDATE ot.queues SET epoch = epoch + 1048576;
        UPDATE ot.webhook_owner SET epoch = epoch + 1048576;
        UPDATE ot.installation SET generation = generation + 1, cluster = gen_random_uuid();
        DO $$
        DECLARE numbered record;
        BEGIN
            FOR numbered IN SELECT format('ot.%I', table_name) AS "table", column_name AS "column"
                FROM information_schema.columns WHERE table_schema = 'ot' AND is_identity = 'YES'
            LOOP
                EXECUTE format('SELECT setval(pg_get_serial_sequence(%L, %L), (SELECT coalesce(max(%I), 0) + 1 FROM %s), false)',
                    numbered."table", numbered."column", numbered."column", numbered."table");
            END LOOP;
        END $$
        """;

    // A paused schedule has no next time. A queue that was paused before keeps its reason. The first of the submissions
    // that wait may create its queue.
    private const string PauseAll = """
        UPDATE ot.queue_settings SET paused = true, version = version + 1,
            pause_at = (1000 * extract(epoch FROM clock_timestamp()))::bigint, pause_reason = 'restored from a backup'
            WHERE NOT paused;
        INSERT INTO ot.queue_settings (name, placement, version, paused, weight, pause_at, pause_reason)
            SELECT name, 0, 1, true, 1, (1000 * extract(epoch FROM clock_timestamp()))::bigint, 'restored from a backup'
            FROM (
                SELECT name FROM ot.queues WHERE NOT retired
                UNION SELECT queue FROM ot.submissions WHERE error IS NULL) used (name)
            WHERE name NOT IN (SELECT name FROM ot.queue_settings);
        UPDATE ot.schedules SET paused = true, version = version + 1, next_at = 0 WHERE NOT paused;
        UPDATE ot.webhooks SET paused = true
        """;

    /// <inheritdoc/>
    public Task Init(CancellationToken cancellation) => Use(async connection =>
    {
        await DatabaseSchema.Prepare(connection, cancellation).ConfigureAwait(false);
        return true;
    }, cancellation);

    /// <inheritdoc/>
    public Task<StoreStatus> Status(CancellationToken cancellation) => Use(async connection =>
    {
        await Require(connection, cancellation).ConfigureAwait(false);
        return (await new Session(connection, cancellation).First(new Query(Describe), row => new StoreStatus(
            options.Place, row.Int32(0), SchemaText.Version, row.Int64(1), row.Int64(2), row.Int64(3))).ConfigureAwait(false))!;
    }, cancellation);

    /// <inheritdoc/>
    public Task Backup(string folder, CancellationToken cancellation) => Use(async connection =>
    {
        await Require(connection, cancellation).ConfigureAwait(false);
        await BackupFolder.Write(folder, Kind, partial => Copy(connection, partial, cancellation)).ConfigureAwait(false);
        return true;
    }, cancellation);

    /// <inheritdoc/>
    public Task Restore(string folder, bool isPaused, CancellationToken cancellation) => Use(async connection =>
    {
        var manifest = BackupFolder.Read(folder, Kind);
        UnusableDatabaseException.RequireVersion("backup", manifest.Schema, SchemaText.Version);
        if (manifest.Steps > SchemaText.Steps.Length)
            throw new UnusableDatabaseException("The backup has tables or columns of a later version, which this program "
                + "would lose. Restore it with the program version that wrote it, or a later one.");
        await DatabaseSchema.Prepare(connection, cancellation).ConfigureAwait(false);
        await using var source = Connections.Source(options, pooled: false);
        // Keeps silos from using the store during the restore.
        await using var owner = await OwnerLock.Take(
            source, isShared: false, TimeSpan.Zero, TimeProvider.System, cancellation).ConfigureAwait(false);
        await Fill(connection, manifest, folder, isPaused, cancellation).ConfigureAwait(false);
        return true;
    }, cancellation);

    private static async Task<BackupManifest> Copy(NpgsqlConnection connection, string folder, CancellationToken cancellation)
    {
        var session = new Session(connection, cancellation);
        await using var transaction = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead, cancellation).ConfigureAwait(false);
        await session.Run("SET LOCAL statement_timeout = 0").ConfigureAwait(false);
        var (schema, steps) = await session.First(
            new Query(DatabaseSchema.Find), static row => (row.Int32(0), row.Int32(1))).ConfigureAwait(false);
        var tables = await session.All(
            new Query(Columns), static row => KeyValuePair.Create(row.Text(0)!, row.Text(1)!.Split(','))).ConfigureAwait(false);
        foreach (var (table, columns) in tables)
        {
            await using var rows = await connection.BeginRawBinaryCopyAsync(
                $"COPY ot.{table} ({string.Join(',', columns)}) TO STDOUT (FORMAT BINARY)", cancellation).ConfigureAwait(false);
            await using var file = File.Create(PathOf(folder, table));
            await rows.CopyToAsync(file, cancellation).ConfigureAwait(false);
        }

        return new BackupManifest { Schema = schema, Steps = steps, Tables = tables.ToDictionary() };
    }

    private static async Task Fill(
        NpgsqlConnection connection, BackupManifest manifest, string folder, bool isPaused,
        CancellationToken cancellation)
    {
        var session = new Session(connection, cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await session.Run("SET LOCAL statement_timeout = 0").ConfigureAwait(false);
        if (await session.First(new Query(HasData), static row => row.Boolean(0)).ConfigureAwait(false))
            throw new UnusableDatabaseException("The database already has a store with data. Restore into an empty database.");
        await session.Run(EmptySingles).ConfigureAwait(false);
        foreach (var (table, columns) in manifest.Tables)
        {
            // The names become part of SQL below, so a manifest must not smuggle in anything else.
            if (!(columns as IEnumerable<string>).Prepend(table).All(static name => name.All(static c => char.IsAsciiLetterLower(c) || c == '_')))
                throw new UnusableDatabaseException($"{folder} is damaged: it names an invalid table or column {table}.");
            await using var file = File.OpenRead(PathOf(folder, table));
            await using var rows = await connection.BeginRawBinaryCopyAsync(
                $"COPY ot.{table} ({string.Join(',', columns)}) FROM STDIN (FORMAT BINARY)", cancellation).ConfigureAwait(false);
            await file.CopyToAsync(rows, cancellation).ConfigureAwait(false);
        }

        await session.Run(Finish).ConfigureAwait(false);
        if (isPaused)
        {
            await session.Run(PauseAll).ConfigureAwait(false);
            await SqlNotificationStore.PauseAll(PostgresSql.Over(session)).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }

    private static string PathOf(string folder, string table) => Path.Combine(folder, table + ".copy");

    private static async Task Require(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var found = await new Session(connection, cancellation).First(
            new Query("SELECT to_regclass('ot.schema_version') IS NOT NULL"), static row => row.Boolean(0)).ConfigureAwait(false);
        if (!found)
            throw new UnusableDatabaseException("The database has no store. Create one: otask db init --db CONNECTION");
    }

    private async Task<T> Use<T>(Func<NpgsqlConnection, Task<T>> use, CancellationToken cancellation)
    {
        await using var source = Connections.Source(options, pooled: false);
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
            return await use(connection).ConfigureAwait(false);
        }
        catch (Exception fault) when (Failures.IsDatabase(fault))
        {
            throw new UnusableDatabaseException($"The database cannot be used. {Failures.Detail(fault)}", fault);
        }
    }
}
