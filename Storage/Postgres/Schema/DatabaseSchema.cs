using Npgsql;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Schema;

/// <summary>
/// Creates the schema if there is none, and checks an existing one. Throws <see cref="UnusableDatabaseException"/>
/// rather than change a schema that may not be ours.
/// </summary>
internal static class DatabaseSchema
{
    // Only one process prepares a database at a time: two that find no schema would both create it. The key of the lock
    // is arbitrary but fixed: the letters OTsk.
    private const string OneAtATime = "SELECT pg_advisory_xact_lock(x'4f54736b'::bigint)";
    private const string HasSchema = "SELECT to_regnamespace('ot') IS NOT NULL, to_regclass('ot.schema_version') IS NOT NULL";
    private const string Find = "SELECT version FROM ot.schema_version";

    internal static async Task Prepare(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var session = new Session(connection, cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await session.Run(OneAtATime).ConfigureAwait(false);
        var (schema, version) = await session.First(
            new Query(HasSchema), static row => (row.Boolean(0), row.Boolean(1))).ConfigureAwait(false);
        if (schema && !version)
            throw new UnusableDatabaseException(
                "The database has a schema 'ot' that belongs to another program. It was not changed. Choose another database.");
        if (!schema)
            await session.Run(SchemaText.Text).ConfigureAwait(false);
        UnusableDatabaseException.RequireVersion(
            "database", await session.First(new Query(Find), static row => row.Int32(0)).ConfigureAwait(false), SchemaText.Version);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }
}
