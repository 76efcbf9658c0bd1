using System.Diagnostics;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Probe;

/// <summary>Measures whole task lives: inserted as assigned in one commit, finished in the next.</summary>
internal static class Lives
{
    internal static async Task<int> Measure(string folder, int batch, double seconds, int rounds)
    {
        using var database = new SqliteDatabase(new SqliteStorageOptions { Directory = folder }, TimeProvider.System);
        var store = new SqliteTaskStore(database);
        Console.WriteLine($"SQLite {SqliteDatabase.LibraryVersion}, batches of {batch}");
        await Run(store, batch, 0.5, null);
        for (var round = 0; round < rounds; round++)
        {
            await Report(store, batch, seconds, null, "no output");
            await Report(store, batch, seconds, new AttemptOutput(
                6, 0, false, "12345\n"u8.ToArray(), true, "12345\n"u8.ToArray(), default), "output 6 B");
        }

        Console.WriteLine($"file {Size(folder, "tasks.db")} MB, log {Size(folder, "tasks.db-wal")} MB");
        return 0;
    }

    private static string Size(string folder, string file) =>
        $"{new FileInfo(Path.Combine(folder, file)).Length / 1048576.0:F1}";

    private static async Task Report(
        SqliteTaskStore store, int batch, double seconds, AttemptOutput? output, string what)
    {
        var clock = Stopwatch.StartNew();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var allocated = GC.GetTotalAllocatedBytes();
        var threads = ThreadTimes.Read();
        var lives = await Run(store, batch, seconds, output);
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        Console.WriteLine(
            $"{what}: {lives / clock.Elapsed.TotalSeconds:F0} lives/s, "
            + $"cpu {used.TotalMicroseconds / lives:F1} us a life, "
            + $"{allocated / lives} B allocated a life");
        foreach (var (name, ticks) in ThreadTimes.Read().OrderByDescending(t => t.Value).Take(4))
            Console.Write($"   {name} {(ticks - threads.GetValueOrDefault(name)) * 10_000.0 / lives:F2} us");
        Console.WriteLine();
    }

    private static async Task<int> Run(SqliteTaskStore store, int batch, double seconds, AttemptOutput? output)
    {
        var queue = await ProbeQueue.Take(store);
        var clock = Stopwatch.StartNew();
        var lives = 0;
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            var writes = new TaskWrite[batch];
            for (var i = 0; i < batch; i++)
                writes[i] = queue.NewAssigned();
            await queue.Commit(writes, 2);
            for (var i = 0; i < batch; i++)
                writes[i] = ProbeQueue.Finish(writes[i], output);
            await queue.Commit(writes, 2);
            lives += batch;
        }

        return lives;
    }
}
