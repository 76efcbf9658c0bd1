using System.Diagnostics;
using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.Storage.Probe;

/// <summary>Measures how fast waiting tasks are written, opened again and loaded.</summary>
internal static class Recovery
{
    internal static async Task<int> Measure(string folder, int tasks)
    {
        var options = new SqliteStorageOptions { Directory = folder };
        using (var database = new SqliteDatabase(options, TimeProvider.System))
        {
            var clock = Stopwatch.StartNew();
            var queue = await ProbeQueue.Take(new SqliteTaskStore(database));
            for (var done = 0; done < tasks; done += 2000)
                await queue.Commit([.. Enumerable.Range(0, 2000).Select(_ => queue.New())], 1);
            Console.WriteLine($"inserted {tasks} in {clock.Elapsed.TotalSeconds:F2} s");
        }

        var opening = Stopwatch.StartNew();
        using var again = new SqliteDatabase(options, TimeProvider.System);
        Console.WriteLine($"opened in {opening.Elapsed.TotalMilliseconds:F0} ms");
        var store = new SqliteTaskStore(again);
        for (var round = 0; round < 3; round++)
            await Load(store);
        var counting = Stopwatch.StartNew();
        var status = await store.ListQueues();
        Console.WriteLine($"counted {status[0].Queued} in {counting.Elapsed.TotalMilliseconds:F0} ms");
        return 0;
    }

    private static async Task Load(SqliteTaskStore store)
    {
        var owned = await store.TakeEpoch("default", null, default);
        var clock = Stopwatch.StartNew();
        var (loaded, priority, order) = (0, 10, 0L);
        while (true)
        {
            ImmutableArray<OpenTask> page = await store.LoadWaiting(owned.QueueNo, priority, order, 50_000, default);
            loaded += page.Length;
            if (page.Length < 50_000)
                break;
            (priority, order) = (page[^1].Priority, page[^1].Row.Order);
        }

        Console.WriteLine($"loaded {loaded} in {clock.Elapsed.TotalSeconds:F2} s: "
            + $"{loaded / clock.Elapsed.TotalSeconds:F0}/s");
    }
}
