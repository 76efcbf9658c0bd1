using Npgsql;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Postgres.Schema;
using OrleansTasks.Storage.Postgres.Writing;
using OrleansTasks.Storage.Sql;

namespace OrleansTasks.Storage.Postgres;

/// <summary>
/// The open database: connections for reads and small writes, and the queue of commits. The stores share it. The code
/// that opened it disposes it, which finishes the queued commits.
/// </summary>
public sealed class PostgresDatabase : IDisposable, IAsyncDisposable
{
    private readonly NpgsqlDataSource source;
    private readonly NpgsqlDataSource held;
    private readonly WriteHealth health;

    // Callers wait here for a connection, without a time limit, as commits do in their queue.
    private readonly SemaphoreSlim turns;

    // Limits the connections of reads that may walk every row, so that short reads find a free one.
    private readonly SemaphoreSlim scans;

    private readonly OwnerLock? owner;

    private PostgresDatabase(
        PostgresStorageOptions options, TimeProvider time, NpgsqlDataSource source, NpgsqlDataSource held, OwnerLock? owner)
    {
        this.held = held;
        this.owner = owner;
        Options = options;
        Time = time;
        this.source = source;
        health = new WriteHealth(time);
        turns = new SemaphoreSlim(options.Connections);
        scans = new SemaphoreSlim(ScansOf(options.Connections));
        Commits = new CommitLine(held, options, health, () => owner is { IsLost: true });
    }

    /// <summary>
    /// Whether the store accepts work, judged by its last write. A full disk counts as low on space for some seconds.
    /// </summary>
    public StoreHealth Health => health.Now;

    internal PostgresStorageOptions Options { get; }

    internal TimeProvider Time { get; }

    /// <summary>The database for stores that are written once for SQLite and PostgreSQL.</summary>
    internal ISqlDatabase Sql => field ??= new PostgresSql(this);

    /// <summary>The queue of commits. None is written after another silo has taken over the database.</summary>
    internal CommitLine Commits { get; }

    /// <summary>
    /// Opens the database, creating the schema if there is none. Throws <see cref="UnusableDatabaseException"/> if the
    /// database cannot be reached, or is unsafe, foreign or of another version, and <see cref="ArgumentException"/> if
    /// the options are invalid.
    /// </summary>
    public static async Task<PostgresDatabase> Open(
        PostgresStorageOptions options, TimeProvider time, CancellationToken cancellation = default)
    {
        if (options.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        var source = Connections.Source(options, pooled: true);
        var held = Connections.Source(options, pooled: false);
        try
        {
            await using (var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false))
                await DatabaseSchema.Prepare(connection, cancellation).ConfigureAwait(false);
            var owner = options.IsOwner
                ? await OwnerLock.Take(held, options.IsShared, options.OwnerPatience, time, cancellation)
                    .ConfigureAwait(false)
                : null;
            return new PostgresDatabase(options, time, source, held, owner);
        }
        catch (Exception fault)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            await held.DisposeAsync().ConfigureAwait(false);
            if (fault is UnusableDatabaseException || !Failures.IsDatabase(fault))
                throw;
            throw new UnusableDatabaseException($"Cannot open the database. {Failures.Detail(fault)} Check the connection "
                + "string, and that the server is running and lets this user connect.", fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Commits.DisposeAsync().ConfigureAwait(false);
        if (owner is not null)
            await owner.DisposeAsync().ConfigureAwait(false);
        await source.DisposeAsync().ConfigureAwait(false);
        await held.DisposeAsync().ConfigureAwait(false);
        turns.Dispose();
        scans.Dispose();
    }

    /// <summary>Opens a connection for a caller that keeps it, beyond those that reads and small writes share.</summary>
    internal ValueTask<NpgsqlConnection> Hold(CancellationToken cancellation) => held.OpenConnectionAsync(cancellation);

    /// <summary>
    /// Returns the maximum number of connections that scans may hold at a time: a quarter of all, at least one.
    /// </summary>
    internal static int ScansOf(int connections) => Math.Max(1, connections / 4);

    /// <summary>
    /// Reads with one statement that may walk every row. Cancellation ends the statement on the server.
    /// </summary>
    internal Task<T> Scan<T>(Func<Session, Task<T>> read, CancellationToken cancellation) =>
        InScan(() => Read(read, cancellation), cancellation);

    /// <summary>Like <see cref="Scan"/>, with several statements that see one snapshot.</summary>
    internal Task<T> ScanSnapshot<T>(Func<Session, Task<T>> read, CancellationToken cancellation) =>
        InScan(() => ReadSnapshot(read, cancellation), cancellation);

    /// <summary>Reads with one statement.</summary>
    internal Task<T> Read<T>(Func<Session, Task<T>> read, CancellationToken cancellation = default) =>
        Use(connection => read(new Session(connection, cancellation)), cancellation);

    /// <summary>Reads with several statements that see one snapshot.</summary>
    internal Task<T> ReadSnapshot<T>(
        Func<Session, Task<T>> read, CancellationToken cancellation = default) => Use(async connection =>
    {
        await using var transaction = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead, cancellation).ConfigureAwait(false);
        var value = await read(new Session(connection, cancellation)).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        return value;
    }, cancellation);

    /// <summary>
    /// Runs a write in a transaction and returns its value. Throws <see cref="StoreUnavailableException"/> if nothing
    /// was written, <see cref="StoreRefusedException"/> if that is due to its data, and
    /// <see cref="OutcomeUnknownException"/> if it is unknown. <paramref name="write"/> may run twice; the first run
    /// is then rolled back.
    /// </summary>
    internal async Task<T> Write<T>(Func<Session, Task<T>> write, CancellationToken cancellation = default)
    {
        if (owner is { IsLost: true })
            throw new StoreUnavailableException(CommitLine.Lost);
        await turns.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await WriteInTurn(write, cancellation).ConfigureAwait(false);
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task<T> WriteInTurn<T>(Func<Session, Task<T>> write, CancellationToken cancellation)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var committing = false;
            var warned = false;
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
                connection.Notice += (_, notice) => warned |= notice.Notice.InvariantSeverity == "WARNING";
                await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
                var value = await write(new Session(connection, CancellationToken.None)).ConfigureAwait(false);
                committing = true;
                warned = false;
                // A write that has begun finishes, even if the caller cancels.
                await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                // The server warns if it stops waiting for its standby. A fail-over could then lose the transaction.
                if (warned)
                    throw new OutcomeUnknownException("PostgreSQL warned that the write may not be on its standby.");
                health.Succeeded();
                return value;
            }
            catch (Exception fault) when (Failures.IsDatabase(fault) || fault is UnusableDatabaseException or System.Text.EncoderFallbackException)
            {
                // A pooled connection may have been dead for long, or two writers may have blocked each other. Nothing
                // was committed, so one retry is safe.
                if (isFirst && !committing && (fault is not PostgresException || fault is PostgresException { IsTransient: true }))
                    continue;
                health.Failed(fault);
                if (committing && !Failures.IsDefinite(fault))
                    throw new OutcomeUnknownException(Failures.Detail(fault), fault);
                throw Failures.IsPermanent(fault)
                    ? new StoreRefusedException(Failures.Detail(fault), fault)
                    : new StoreUnavailableException(Failures.Detail(fault), fault);
            }
        }
    }

    private async Task<T> InScan<T>(Func<Task<T>> read, CancellationToken cancellation)
    {
        await scans.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await read().ConfigureAwait(false);
        }
        finally
        {
            scans.Release();
        }
    }

    private async Task<T> Use<T>(Func<NpgsqlConnection, Task<T>> use, CancellationToken cancellation)
    {
        await turns.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await UseInTurn(use, cancellation).ConfigureAwait(false);
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task<T> UseInTurn<T>(Func<NpgsqlConnection, Task<T>> use, CancellationToken cancellation)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
                return await use(connection).ConfigureAwait(false);
            }
            catch (Exception fault) when (Failures.IsDatabase(fault) || fault is UnusableDatabaseException)
            {
                // After a server restart, every pooled connection is dead. Npgsql drops them all after the first
                // failure, so the retry opens a new one.
                if (isFirst && fault is not UnusableDatabaseException && fault is NpgsqlException { IsTransient: true })
                    continue;
                throw new StoreUnavailableException(Failures.Detail(fault), fault);
            }
        }
    }
}
