using Npgsql;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Schema;

/// <summary>
/// Makes the schema where there is none, and checks the one that is there. Throws <see cref="UnusableDatabaseException"/> rather
/// than change a schema that is not certainly ours.
/// </summary>
internal static class DatabaseSchema
{
    // One at a time, of all that look at a database: two that find no schema would both make it.
    private const string OneAtATime = "SELECT pg_advisory_xact_lock(x'4f54736b'::bigint)";
    private const string HasSchema = "SELECT to_regnamespace('ot') IS NOT NULL, to_regclass('ot.schema_version') IS NOT NULL";
    // In a schema that is there, only what is missing: to alter a table takes a lock for which readers wait.
    private const string HasColumn = "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2";
    private const string HasTable = "SELECT to_regclass($1) IS NOT NULL";
    private const string Versions = "SELECT version, oldest_reader FROM ot.schema_version";

    /// <summary>Makes the schema if it is missing, and checks it.</summary>
    internal static async Task Prepare(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var session = new Session(connection, cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await session.Run(OneAtATime).ConfigureAwait(false);
        var (schema, version) = await session.First(
            new Query(HasSchema), static row => (row.Boolean(0), row.Boolean(1))).ConfigureAwait(false);
        if (schema && !version)
            throw new UnusableDatabaseException(
                "The database has a schema ot of another program. It was left as it is. Choose another database.");
        if (!schema)
            await session.Run(SchemaText.First).ConfigureAwait(false);
        Check(await session.First(new Query(Versions), static row => (row.Int32(0), row.Int32(1))).ConfigureAwait(false));
        foreach (var (table, column, type) in SchemaText.LaterColumns)
        {
            var exists = new Query(HasColumn).Bind(table).Bind(column);
            if (await session.First(exists, static row => row.Int64(0)).ConfigureAwait(false) == 0)
                await session.Run($"ALTER TABLE {table} ADD COLUMN {column} {type}").ConfigureAwait(false);
        }

        foreach (var (table, text) in SchemaText.LaterTables)
        {
            if (!await session.First(new Query(HasTable).Bind(table), static row => row.Boolean(0))
                .ConfigureAwait(false))
                await session.Run(text).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }

    private static void Check((int Version, int OldestReader) found)
    {
        if (found.OldestReader > SchemaText.Version)
            throw new UnusableDatabaseException(
                $"The database has schema version {found.Version}; this program knows up to {SchemaText.Version}. Run the newer "
                + "program again, or restore the backup made before it.");
        if (found.Version < 1)
            throw new UnusableDatabaseException("The database does not say its schema version. Restore it from a backup.");
    }
}
