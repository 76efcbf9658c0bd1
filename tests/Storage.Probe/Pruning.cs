using System.Diagnostics;
using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.Storage.Probe;

/// <summary>Measures how long single commits take while retention deletes, and while it does not.</summary>
internal static class Pruning
{
    internal static async Task<int> Measure(string folder, int tasks, int specBytes)
    {
        using var database = new SqliteDatabase(new SqliteStorageOptions { Directory = folder }, TimeProvider.System);
        var store = new SqliteTaskStore(database);
        var queue = await ProbeQueue.Take(store);
        var spec = new byte[specBytes];
        for (var done = 0; done < tasks; done += 500)
            await queue.Commit([.. Enumerable.Range(0, 500).Select(_ => Ended(queue, spec))], 1);

        Report("before", await Latencies(queue, until: Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System)));
        var clock = Stopwatch.StartNew();
        var pruning = Task.Run(() => Prune(store));
        var latencies = await Latencies(queue, pruning);
        Console.WriteLine($"pruned {await pruning} tasks with specs of {specBytes} B "
            + $"in {clock.Elapsed.TotalSeconds:F1} s");
        Report("during", latencies);
        return 0;
    }

    private static TaskWrite Ended(ProbeQueue queue, byte[] spec)
    {
        var write = queue.New(s => s with { Spec = spec });
        write.Row = ProbeQueue.Finish(write, null).Row;
        return write;
    }

    private static async Task<int> Prune(SqliteTaskStore store)
    {
        var pruned = 0;
        while (true)
        {
            var batch = await store.Prune(long.MaxValue, long.MaxValue, 500);
            pruned += batch.Length;
            if (batch.Length < 500)
                return pruned;
        }
    }

    private static async Task<List<double>> Latencies(ProbeQueue queue, Task until)
    {
        var latencies = new List<double>();
        while (!until.IsCompleted)
        {
            var clock = Stopwatch.StartNew();
            await queue.Commit([queue.New()], 1);
            latencies.Add(clock.Elapsed.TotalMilliseconds);
        }

        latencies.Sort();
        return latencies;
    }

    private static void Report(string when, List<double> latencies) => Console.WriteLine(
        $"{when}: {latencies.Count} commits, p50 {latencies[latencies.Count / 2]:F2} ms, "
        + $"p99 {latencies[latencies.Count * 99 / 100]:F2} ms, longest {latencies[^1]:F2} ms");
}
