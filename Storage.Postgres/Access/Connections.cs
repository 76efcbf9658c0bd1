using System.Data.Common;
using System.Globalization;
using Npgsql;
using OrleansTasks.Storage.Postgres.Schema;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>Creates connections. Each physical connection is configured and checked when it opens.</summary>
internal static class Connections
{
    private const int PreparedStatements = 200;

    /// <summary>Returns a source of connections to a database.</summary>
    /// <param name="options">The options that select the database.</param>
    /// <param name="pooled">Whether closed connections are kept for reuse, which long-held ones do not need.</param>
    /// <param name="name">The name of the sessions, as <c>pg_stat_activity</c> shows it.</param>
    internal static NpgsqlDataSource Source(PostgresStorageOptions options, bool pooled, string name = "otask")
    {
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            ApplicationName = name,
            Pooling = pooled,
            MaxPoolSize = options.Connections,
            // Keeps the settings that SetUp makes once for each physical connection.
            NoResetOnClose = true,
            MaxAutoPrepare = PreparedStatements,
            AutoPrepareMinUsages = 2,
            Enlist = false,
            TcpKeepAlive = true,
            TcpKeepAliveTime = 2,
            TcpKeepAliveInterval = 2,
            // The server ends slow statements itself. This limit is for a server that does not answer at all.
            CommandTimeout = (int)Math.Ceiling(options.StatementTimeout.TotalSeconds) + 2,
            IncludeErrorDetail = false,
        };
        // Checks the text itself, because Npgsql's builder has a value for every setting, given or not.
        var given = new DbConnectionStringBuilder { ConnectionString = options.ConnectionString };
        if (!given.ContainsKey("Timeout"))
            settings.Timeout = 5;
        // How long a standby that is promoted still counts as one.
        if (!given.ContainsKey("Host Recheck Seconds"))
            settings.HostRecheckSeconds = 1;
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        var setUp = SetUp(options);
        builder.UsePhysicalConnectionInitializer(
            connection => Initialize(connection, setUp).GetAwaiter().GetResult(), connection => Initialize(connection, setUp));
        return builder.Build();
    }

    /// <summary>
    /// Returns the statement that configures a connection. The server gives up a client that vanished within ten
    /// seconds: otherwise what it holds, such as the owner's lock, would keep others out for as long as the system's
    /// TCP settings allow, often two hours. Compiling plans (jit) costs more than it saves here. Names resolve in the
    /// system's schema first and only: other roles may create functions in <c>public</c> that fit a call better.
    /// </summary>
    private static string SetUp(PostgresStorageOptions options) => string.Create(CultureInfo.InvariantCulture, $"""
        SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false);
        SELECT set_config('statement_timeout', '{options.StatementTimeout.TotalMilliseconds:F0}', false),
            set_config('lock_timeout', '{options.LockTimeout.TotalMilliseconds:F0}', false),
            set_config('idle_in_transaction_session_timeout', '5000', false),
            set_config('jit', 'off', false),
            set_config('client_min_messages', 'warning', false),
            set_config('default_transaction_isolation', 'read committed', false),
            set_config('tcp_keepalives_idle', '2', false),
            set_config('tcp_keepalives_interval', '2', false),
            set_config('tcp_keepalives_count', '3', false),
            set_config('tcp_user_timeout', '10000', false),
            -- Elsewhere some servers refuse it.
            set_config('client_connection_check_interval', CASE WHEN version() ~ 'linux' THEN '2000' ELSE '0' END, false),
            set_config('synchronous_commit',
                CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)
        """);

    private static async Task Initialize(NpgsqlConnection connection, string setUp)
    {
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = setUp;
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }

        var found = await ServerSettings.Read(connection, CancellationToken.None).ConfigureAwait(false);
        if (found.Problem() is { } problem)
            throw new UnusableDatabaseException(problem);
    }
}
