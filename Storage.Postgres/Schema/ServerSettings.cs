using Npgsql;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Schema;

/// <summary>
/// The server settings on which it depends whether a confirmed commit survives a crash. Each new connection is checked,
/// because after a fail-over another server may be behind the address.
/// </summary>
/// <param name="Version">The setting <c>server_version_num</c>, such as 150004 for 15.4.</param>
/// <param name="Encoding">The database's encoding.</param>
/// <param name="Fsync">The setting <c>fsync</c>.</param>
/// <param name="FullPageWrites">The setting <c>full_page_writes</c>.</param>
/// <param name="SynchronousCommit">The setting <c>synchronous_commit</c>, as it is on this connection.</param>
/// <param name="IsStandby">Whether the server is a standby, which takes no writes.</param>
internal sealed record ServerSettings(
    int Version, string Encoding, string Fsync, string FullPageWrites, string SynchronousCommit, bool IsStandby)
{
    /// <summary>The oldest supported version, as in <c>server_version_num</c>.</summary>
    internal const int OldestVersion = 150_000;

    private const string Select = """
        SELECT current_setting('server_version_num')::integer, current_setting('server_encoding'), current_setting('fsync'),
            current_setting('full_page_writes'), current_setting('synchronous_commit'), pg_is_in_recovery()
        """;

    internal static async Task<ServerSettings> Read(NpgsqlConnection connection, CancellationToken cancellation) =>
        (await new Session(connection, cancellation).First(new Query(Select), static row => new ServerSettings(
            row.Int32(0), row.Text(1)!, row.Text(2)!, row.Text(3)!, row.Text(4)!, row.Boolean(5))).ConfigureAwait(false))!;

    /// <summary>Returns what is unsafe, with the remedy; null if nothing is.</summary>
    internal string? Problem()
    {
        if (Version < OldestVersion)
            return $"PostgreSQL is version {Version / 10_000}; version {OldestVersion / 10_000} or newer is required. Upgrade the server.";
        if (IsStandby)
            return "The PostgreSQL server is a standby, which accepts no writes. Connect to the primary, for example with "
                + "'Target Session Attributes=primary' and all hosts in the connection string.";
        if (Encoding != "UTF8")
            return $"The database has the encoding {Encoding}; UTF8 is required. Create a database with 'CREATE DATABASE … ENCODING UTF8 "
                + "TEMPLATE template0'.";
        if (Fsync != "on")
            return "PostgreSQL runs with fsync = off: a crash of its machine would lose or damage accepted tasks. Set "
                + "fsync = on in postgresql.conf and restart the server.";
        if (FullPageWrites != "on")
            return "PostgreSQL runs with full_page_writes = off: a crash of its machine can damage tables. Set full_page_writes = on "
                + "in postgresql.conf and reload the server.";
        return SynchronousCommit is "on" or "remote_apply"
            ? null
            : $"PostgreSQL runs this connection with synchronous_commit = {SynchronousCommit}: a crash would lose "
                + "accepted tasks. Remove synchronous_commit from the connection string's Options, the role and the database, or set it to "
                + "on or remote_apply.";
    }
}
