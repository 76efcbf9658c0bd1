using System.Diagnostics;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Bench.Harness;

/// <summary>The worker's own spawning without anything around it: what starting a command costs.</summary>
public static class RawSpawns
{
    /// <summary>Milliseconds of starting /bin/true and waiting for it, one at a time.</summary>
    public static double[] Latencies(int count) => Measure(count).GetAwaiter().GetResult();

    private static async Task<double[]> Measure(int count)
    {
        var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-");
        try
        {
            await using var host = new ProcessHost(new ProcessHostOptions { WorkFolderRoot = folder.FullName }, TimeProvider.System);
            var times = new double[count];
            for (var i = 0; i < count; i++)
            {
                var started = Stopwatch.GetTimestamp();
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
