using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.Storage.Probe;

/// <summary>
/// Commits in two queues at once until it is killed, and prints the id of each task whose commit is done.
/// </summary>
internal static class Acknowledge
{
    internal static async Task<int> Run(string folder, int batch)
    {
        using var database = new SqliteDatabase(
            new SqliteStorageOptions { Directory = folder, CheckpointBytes = 1 << 20 }, TimeProvider.System);
        var store = new SqliteTaskStore(database);
        await Task.WhenAll(Loop(store, "a", batch), Loop(store, "b", batch));
        return 0;
    }

    private static async Task Loop(SqliteTaskStore store, string name, int batch)
    {
        var queue = await ProbeQueue.Take(store, name);
        while (true)
        {
            var writes = Enumerable.Range(0, batch).Select(_ => queue.NewAssigned()).ToArray();
            await queue.Commit(writes, 1);
            var lines = string.Concat(writes.Select(w => $"{w.Row.Id}\n"));
            lock (Console.Out)
            {
                Console.Out.Write(lines);
                Console.Out.Flush();
            }
        }
    }
}
