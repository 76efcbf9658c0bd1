using System.Diagnostics;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Bench.Harness;

/// <summary>
/// The worker's own spawning, and one synced write, without anything around them: the least that a durable command takes.
/// </summary>
public static class RawSpawns
{
    private const int RecordBytes = 256;

    /// <summary>
    /// Milliseconds of writing a small record durably, starting /bin/true and waiting for it, one at a time.
    /// </summary>
    public static async Task<double[]> Latencies(int count)
    {
        var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-");
        try
        {
            await using var host = new ProcessHost(new ProcessHostOptions { WorkFolderRoot = folder.FullName }, TimeProvider.System);
            await using var log = new FileStream(
                Path.Combine(folder.FullName, "log"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            var record = new byte[RecordBytes];
            var times = new double[count];
            for (var i = 0; i < count; i++)
            {
                var started = Stopwatch.GetTimestamp();
                log.Write(record);
                log.Flush(flushToDisk: true);
                await host.Start(new StartRequest { Arguments = ["/bin/true"], WorkingDirectory = "/" }).Completion;
                times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            }

            return times;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
