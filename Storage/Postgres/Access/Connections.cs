using System.Data.Common;
using System.Globalization;
using Npgsql;
using OrleansTasks.Storage.Postgres.Schema;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>Makes connections, each set up and checked when it is made.</summary>
internal static class Connections
{
    private const int PreparedStatements = 200;

    /// <summary>A source of connections to a database.</summary>
    /// <param name="options">Which database.</param>
    /// <param name="pooled">Whether closed connections are kept for others; those that are held for long need not be.</param>
    internal static NpgsqlDataSource Source(PostgresStorageOptions options, bool pooled)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            ApplicationName = "otask",
            Pooling = pooled,
            MaxPoolSize = options.Connections,
            // What SetUp sets lasts as long as the connection.
            NoResetOnClose = true,
            MaxAutoPrepare = PreparedStatements,
            AutoPrepareMinUsages = 2,
            Enlist = false,
            TcpKeepAlive = true,
            TcpKeepAliveTime = 2,
            TcpKeepAliveInterval = 2,
            // The server ends statements by itself; this is for a server that is silent.
            CommandTimeout = (int)Math.Ceiling(options.StatementTimeout.TotalSeconds) + 2,
            IncludeErrorDetail = false,
        };
        // As it was written: the builder of Npgsql has a value for every setting.
        if (!new DbConnectionStringBuilder { ConnectionString = options.ConnectionString }.ContainsKey("Timeout"))
            settings.Timeout = 5;
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        var setUp = SetUp(options);
        builder.UsePhysicalConnectionInitializer(
            connection => Initialize(connection, setUp).GetAwaiter().GetResult(), connection => Initialize(connection, setUp));
        return builder.Build();
    }

    /// <summary>
    /// Statements here find rows by their keys: a plan that reads whole tables, because a new table has no statistics yet, would
    /// take a hundred times as long. A client that is gone without a word is given up within ten seconds: what it holds, such as the
    /// owner's lock, would keep others out for as long as the system's settings say, often two hours.
    /// </summary>
    private static string SetUp(PostgresStorageOptions options) => string.Create(CultureInfo.InvariantCulture, $"""
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
