using System.Net;
using Npgsql;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Tells whether others could read what is sent to the database.</summary>
public static class PostgresLink
{
    private const string IsEncrypted = """
        SELECT EXISTS (SELECT 1 FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl)
            OR EXISTS (SELECT 1 FROM pg_stat_gssapi WHERE pid = pg_backend_pid() AND encrypted)
        """;

    /// <summary>
    /// Connects once. Returns the server's host if the connection leaves this machine and is not encrypted; otherwise
    /// null.
    /// </summary>
    /// <exception cref="NpgsqlException">The server cannot be reached, or refuses this user.</exception>
    public static async Task<string?> FindHostInTheClear(
        string connectionString, CancellationToken cancellation = default)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        if ((settings.Host ?? "").Split(',').All(IsHere))
            return null;
        await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        if (IsHere(connection.Host ?? ""))
            return null;
        await using var command = new NpgsqlCommand(IsEncrypted, connection);
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is true ? null : connection.Host;
    }

    /// <summary>
    /// Returns whether a host, with or without a port, is this machine's loopback or a Unix socket's folder.
    /// </summary>
    internal static bool IsHere(string host)
    {
        var name = host.Trim();
        if (name.StartsWith('/') || name.StartsWith('@'))
            return true;
        var address = name.Count(static character => character == ':') == 1 ? name[..name.IndexOf(':')] : name;
        return address.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPEndPoint.TryParse(address, out var parsed) && IPAddress.IsLoopback(parsed.Address));
    }
}
