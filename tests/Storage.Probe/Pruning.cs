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
        var partition = await ProbePartition.Take(store);
        var spec = new byte[specBytes];
        for (var done = 0; done < tasks; done += 500)
            await partition.Commit([.. Enumerable.Range(0, 500).Select(_ => Ended(partition, spec))], 1);

        Report("before", await Latencies(partition, until: Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System)));
        var clock = Stopwatch.StartNew();
        var pruning = Task.Run(() => Prune(store));
        var latencies = await Latencies(partition, pruning);
        Console.WriteLine($"pruned {await pruning} tasks with specs of {specBytes} B "
            + $"in {clock.Elapsed.TotalSeconds:F1} s");
        Report("during", latencies);
        return 0;
    }

    private static TaskWrite Ended(ProbePartition partition, byte[] spec)
    {
        var write = partition.New(s => s with { Spec = spec });
        write.Row = ProbePartition.Finish(write, null).Row;
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

    private static async Task<List<double>> Latencies(ProbePartition partition, Task until)
    {
        var latencies = new List<double>();
        while (!until.IsCompleted)
        {
            var clock = Stopwatch.StartNew();
            await partition.Commit([partition.New()], 1);
            latencies.Add(clock.Elapsed.TotalMilliseconds);
        }

        latencies.Sort();
        return latencies;
    }

    private static void Report(string when, List<double> latencies) => Console.WriteLine(
        $"{when}: {latencies.Count} commits, p50 {latencies[latencies.Count / 2]:F2} ms, "
        + $"p99 {latencies[latencies.Count * 99 / 100]:F2} ms, longest {latencies[^1]:F2} ms");
}
