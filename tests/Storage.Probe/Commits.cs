using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.Storage.Probe;

/// <summary>Makes commits one after the other, and prints a line after each, for a trace of the system calls.</summary>
internal static class Commits
{
    internal static async Task<int> Run(string folder, int count)
    {
        using var database = new SqliteDatabase(new SqliteStorageOptions { Directory = folder }, TimeProvider.System);
        var queue = await ProbeQueue.Take(new SqliteTaskStore(database));
        for (var i = 0; i < count; i++)
        {
            await queue.Commit([queue.New()], 1);
            Console.WriteLine($"committed {i}");
        }

        return 0;
    }
}
