using System.Diagnostics;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Probe;

/// <summary>Measures lists and summaries over many ended tasks, of which few failed or carry a label.</summary>
internal static class Lists
{
    internal static async Task<int> Measure(string folder, int tasks)
    {
        using var database = new SqliteDatabase(new SqliteStorageOptions { Directory = folder }, TimeProvider.System);
        var store = new SqliteTaskStore(database);
        var queue = await ProbeQueue.Take(store);
        var rare = await ProbeQueue.Take(store, "rare");
        for (var done = 0; done < tasks; done += 2000)
            await queue.Commit([.. Enumerable.Range(done, 2000).Select(i => Ended(queue, i))], 1);
        await rare.Commit([.. Enumerable.Range(1, 50).Select(i => Ended(rare, i))], 1);
        await queue.Commit([.. Enumerable.Range(1, 50_000).Select(i => Ended(queue, i))], 1);

        foreach (var (name, filter) in Filters())
            await Time(store, name, filter);
        return 0;
    }

    private static IEnumerable<(string Name, TaskFilter Filter)> Filters()
    {
        yield return ("all", TaskFilter.All);
        yield return ("state=failed", TaskFilter.All with { State = TaskState.Failed });
        yield return ("state=succeeded", TaskFilter.All with { State = TaskState.Succeeded });
        yield return ("state=queued", TaskFilter.All with { State = TaskState.Queued });
        yield return ("state=running", TaskFilter.All with { State = TaskState.Running });
        yield return ("queue=rare", TaskFilter.All with { Queue = "rare" });
        yield return ("queue=default", TaskFilter.All with { Queue = "default" });
        yield return ("label rare", TaskFilter.All with { Labels = [new Label("rare", "1")] });
        yield return ("label common", TaskFilter.All with { Labels = [new Label("common", "1")] });
        yield return ("label common+failed",
            TaskFilter.All with { Labels = [new Label("common", "1")], State = TaskState.Failed });
        yield return ("node=none", TaskFilter.All with { Node = "none" });
        yield return ("name=none", TaskFilter.All with { Name = "none" });
        yield return ("batch=none", TaskFilter.All with { Batch = new TaskId(1, 1) });
    }

    private static async Task Time(SqliteTaskStore store, string name, TaskFilter filter)
    {
        var clock = Stopwatch.StartNew();
        var found = await store.List(filter, null, 100);
        var listed = clock.Elapsed.TotalMilliseconds;
        clock.Restart();
        var summary = await store.Summarize(filter);
        Console.WriteLine(
            $"{name,-20} list {found.Length,4} in {listed,8:F1} ms, "
            + $"summary of {summary.Total,8} in {clock.Elapsed.TotalMilliseconds,8:F1} ms");
    }

    private static TaskWrite Ended(ProbeQueue queue, int i)
    {
        var write = queue.New(s => s with
        {
            Labels = i % 10 == 0 ? [new Label("common", "1")] : i % 50_001 == 0 ? [new Label("rare", "1")] : [],
        });
        write.Row = ProbeQueue.Finish(write, null, i % 5000 == 0 ? 1 : 0).Row with { Attempt = 1, Node = "laptop" };
        return write;
    }
}
