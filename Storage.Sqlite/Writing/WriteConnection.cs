using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Opens the write connection, which syncs at each commit and never checkpoints by itself.</summary>
internal static class WriteConnection
{
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
            // A pragma that has no effect reports no error, so its value is read back; 2 is FULL.
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
            throw new SqliteFault(ResultCode.CannotOpen, $"{pragma} is {found}, but {value} is required");
    }
}
