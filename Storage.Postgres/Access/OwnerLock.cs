using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Npgsql;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>
/// Reserves a database for one silo, or for the silos of one cluster, with advisory locks that last as long as their
/// connection. If the connection breaks, the locks are taken again as soon as the server answers. If another owner has
/// them by then, this one must not write any more.
/// </summary>
/// <remarks>
/// Any role that may connect to the database can take any advisory lock, before or while this owner has it. So an owner
/// marks itself with a lock that has a random number, and then looks for the marks of others. Only marks of roles count
/// that may write the service's tables. Of two owners that mark themselves at the same time, at least one sees the other.
/// </remarks>
internal sealed class OwnerLock : IAsyncDisposable
{
    // The keys are arbitrary but fixed: the letters OTsS for silos that share the database, OTsX for one that does not.
    private const string Mark = "SELECT pg_try_advisory_lock(CASE WHEN $1 THEN x'4f547353'::integer ELSE x'4f547358'::integer END, $2)";

    // The lock by which owners of wire level 1 exclude each other: the letters OTsl. Taken for them, as far as
    // possible.
    private const string TryEarlier = "SELECT pg_try_advisory_lock(x'4f54736c'::bigint)";
    private const string TryEarlierShared = "SELECT pg_try_advisory_lock_shared(x'4f54736c'::bigint)";

    // In pg_locks, a lock with two keys has the subid 2, and a lock with one has the subid 1 and its upper half in
    // classid.
    private const string HasOther = """
        SELECT EXISTS (
            SELECT 1 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'advisory' AND l.granted AND l.pid <> pg_backend_pid()
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND has_table_privilege(a.usesysid, 'ot.locks', 'UPDATE')
                AND CASE l.objsubid
                    WHEN 2 THEN l.classid = x'4f547358'::integer::oid OR (NOT $1 AND l.classid = x'4f547353'::integer::oid)
                    ELSE l.classid = 0 AND l.objid = x'4f54736c'::integer::oid AND (NOT $1 OR l.mode = 'ExclusiveLock') END)
        """;

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
            // Two owners that met must not meet again.
            await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(100, 300)), time, cancellation).ConfigureAwait(false);
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
            var session = new Session(opened, cancellation);
            while (!await session.First(
                new Query(Mark).Bind(isShared).Bind(RandomNumberGenerator.GetInt32(int.MaxValue)),
                static row => row.Boolean(0)).ConfigureAwait(false))
            {
                // Somebody has the lock with this number.
            }

            await session.First(new Query(isShared ? TryEarlierShared : TryEarlier), static row => row.Boolean(0)).ConfigureAwait(false);
            if (!await session.First(new Query(HasOther).Bind(isShared), static row => row.Boolean(0)).ConfigureAwait(false))
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

    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, another connection may do better.")]
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
            catch (Exception)
            {
                if (closing.IsCancellationRequested)
                    return;
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
