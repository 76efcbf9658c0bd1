using Npgsql;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Schema;

/// <summary>
/// Creates the schema if there is none, checks an existing one, and takes the steps that it lacks. Throws
/// <see cref="UnusableDatabaseException"/> rather than change a schema that may not be ours.
/// </summary>
internal static class DatabaseSchema
{
    // Of two processes that find no schema, the second waits for the first and then fails with one of these.
    private static readonly ImmutableArray<string> Exists = [PostgresErrorCodes.DuplicateSchema, PostgresErrorCodes.UniqueViolation];

    // One process takes steps at a time. The weakest mode that excludes itself: no other statement waits for it.
    private const string OneAtATime = "LOCK TABLE ot.schema_version IN SHARE UPDATE EXCLUSIVE MODE";
    private const string HasSchema = "SELECT to_regnamespace('ot') IS NOT NULL, to_regclass('ot.schema_version') IS NOT NULL";
    private const string CountSteps = "ALTER TABLE ot.schema_version ADD COLUMN IF NOT EXISTS steps integer NOT NULL DEFAULT 0";

    /// <summary>
    /// Reads the version, and how many steps were taken. Their column exists once one has been taken.
    /// </summary>
    internal const string Find = "SELECT version, coalesce((to_jsonb(v) ->> 'steps')::integer, 0) FROM ot.schema_version v";

    internal static Task Prepare(NpgsqlConnection connection, CancellationToken cancellation) =>
        Prepare(connection, SchemaText.Steps, cancellation);

    /// <summary>
    /// Prepares the schema of a program that knows these steps. A schema with more steps is one that a later version has
    /// prepared; this program can use it, because steps only add.
    /// </summary>
    internal static async Task Prepare(
        NpgsqlConnection connection, ImmutableArray<string> steps, CancellationToken cancellation)
    {
        try
        {
            await Create(connection, cancellation).ConfigureAwait(false);
        }
        catch (PostgresException fault) when (Exists.Contains(fault.SqlState))
        {
            // Another process has just created it.
        }

        await TakeSteps(connection, steps, cancellation).ConfigureAwait(false);
    }

    private static async Task Create(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var session = new Session(connection, cancellation);
        var (schema, version) = await session.First(
            new Query(HasSchema), static row => (row.Boolean(0), row.Boolean(1))).ConfigureAwait(false);
        if (schema && !version)
            throw new UnusableDatabaseException(
                "The database has a schema 'ot' that belongs to another program. It was not changed. Choose another database.");
        if (schema)
            return;
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await session.Run(SchemaText.Text).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task TakeSteps(
        NpgsqlConnection connection, ImmutableArray<string> steps, CancellationToken cancellation)
    {
        var session = new Session(connection, cancellation);
        if (await CountTaken(session).ConfigureAwait(false) >= steps.Length)
            return;
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await session.Run(OneAtATime).ConfigureAwait(false);
        var taken = await CountTaken(session).ConfigureAwait(false);
        if (taken < steps.Length)
        {
            if (taken == 0)
                await session.Run(CountSteps).ConfigureAwait(false);
            foreach (var step in steps[taken..])
                await session.Run(step).ConfigureAwait(false);
            await session.Run(new Query("UPDATE ot.schema_version SET steps = $1").Bind(steps.Length)).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task<int> CountTaken(Session session)
    {
        var (found, taken) = await session.First(
            new Query(Find), static row => (row.Int32(0), row.Int32(1))).ConfigureAwait(false);
        UnusableDatabaseException.RequireVersion("database", found, SchemaText.Version);
        return taken;
    }
}
