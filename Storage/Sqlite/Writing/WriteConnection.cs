using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Opens the connection that writes: durable at each commit, and never checkpointing by itself.</summary>
internal static class WriteConnection
{
    /// <summary>Opens it; throws <see cref="SqliteFault"/>.</summary>
    internal static Connection Open(string path, TimeSpan busyTimeout)
    {
        var connection = Connection.Open(path, create: false, busyTimeout);
        try
        {
            connection.Execute("""
                PRAGMA synchronous = FULL;
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -16384;
                PRAGMA cache_spill = OFF;
                PRAGMA secure_delete = FAST;
                """);
            Require(connection, "journal_mode", "wal");
            Require(connection, "synchronous", "2");
            connection.WatchWal();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Require(Connection connection, string pragma, string value)
    {
        var found = connection.ScalarText($"PRAGMA {pragma}");
        if (found != value)
            throw new SqliteFault(ResultCode.CannotOpen, $"{pragma} is {found} where {value} is needed");
    }
}
