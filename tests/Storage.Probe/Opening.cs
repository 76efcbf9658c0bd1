using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.Storage.Probe;

/// <summary>Opens a database, says so, and closes it.</summary>
internal static class Opening
{
    internal static int Run(string folder)
    {
        using (new SqliteDatabase(new SqliteStorageOptions { Directory = folder }, TimeProvider.System))
            Console.WriteLine("opened");
        return 0;
    }
}
