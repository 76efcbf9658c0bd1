using Npgsql;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>
/// Reserves a database for one silo, or for the silos of one cluster, with an advisory lock that lasts as long as its
/// connection. If the connection breaks, the lock is taken again as soon as the server answers. If another owner has it
/// by then, this one must not write any more.
/// </summary>
internal sealed class OwnerLock : IAsyncDisposable
{
    // The key of the lock is arbitrary but fixed: the letters OTsl. Members of a cluster share it; a lone silo excludes
    // all.
    private const string TryLock = "SELECT pg_try_advisory_lock(x'4f54736c'::bigint)";
    private const string TryShare = "SELECT pg_try_advisory_lock_shared(x'4f54736c'::bigint)";
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly NpgsqlDataSource source;
    private readonly bool isShared;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource closing = new();
    private readonly Task watch;
    private NpgsqlConnection? connection;
    private volatile bool isLost;

    private OwnerLock(NpgsqlDataSource source, bool isShared, NpgsqlConnection connection, TimeProvider time)
    {
        this.source = source;
        this.isShared = isShared;
        this.time = time;
        this.connection = connection;
        watch = Task.Run(Watch);
    }

    /// <summary>Whether another silo has taken over the database.</summary>
    internal bool IsLost => isLost;

    /// <summary>
    /// Takes the lock. Waits up to <paramref name="patience"/> for another silo that is ending, and then throws
    /// <see cref="UnusableDatabaseException"/>.
    /// </summary>
    internal static async Task<OwnerLock> Take(
        NpgsqlDataSource source, bool isShared, TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            if (await Try(source, isShared, cancellation).ConfigureAwait(false) is { } connection)
                return new OwnerLock(source, isShared, connection, time);
            if (time.GetElapsedTime(began) >= patience)
                throw new UnusableDatabaseException(isShared
                    ? "A service in one process has exclusive use of the database. Stop that service, or give this silo another database."
                    : "Another silo uses the database, but this one needs exclusive use. "
                        + "Stop the other silo, or give this one another database.");
            await Task.Delay(TimeSpan.FromMilliseconds(200), time, cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync().ConfigureAwait(false);
        await watch.ConfigureAwait(false);
        closing.Dispose();
        await Close().ConfigureAwait(false);
    }

    private static async Task<NpgsqlConnection?> Try(
        NpgsqlDataSource source, bool isShared, CancellationToken cancellation)
    {
        var opened = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (await new Session(opened, cancellation)
                .First(new Query(isShared ? TryShare : TryLock), static row => row.Boolean(0)).ConfigureAwait(false))
                return opened;
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        await opened.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    private async Task Watch()
    {
        while (!closing.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Period, time, closing.Token).ConfigureAwait(false);
                if (connection is not null)
                    await new Session(connection, closing.Token).Run("SELECT 1").ConfigureAwait(false);
                else
                {
                    connection = await Try(source, isShared, closing.Token).ConfigureAwait(false);
                    isLost = connection is null;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception fault) when (Failures.IsDatabase(fault) || fault is UnusableDatabaseException)
            {
                await Close().ConfigureAwait(false);
            }
        }
    }

    private async Task Close()
    {
        var closed = connection;
        connection = null;
        if (closed is null)
            return;
        try
        {
            await closed.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (Failures.IsDatabase(fault))
        {
            // The connection was already broken.
        }
    }
}
