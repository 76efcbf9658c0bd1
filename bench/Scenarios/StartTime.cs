using System.Diagnostics;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>How long the service takes from the start of its process until it is ready.</summary>
public sealed class StartTime : IScenario
{
    private const double MostSeconds = 1;

    /// <inheritdoc/>
    public string Name => "start";

    /// <inheritdoc/>
    public string Summary => "from the start of the service's process until /readyz answers, on an empty folder and on its own";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (first, again) = (new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-").FullName;
            first[run] = await Seconds(folder, keep: true);
            again[run] = await Seconds(folder, keep: false);
        }

        return
        [
            new Figure("ready after the first start", "s", first, [], null, null, AtLeast: false),
            new Figure("ready after a later start", "s", again, [], null, MostSeconds, AtLeast: false),
        ];
    }

    private static async Task<double> Seconds(string folder, bool keep)
    {
        var started = Stopwatch.GetTimestamp();
        var service = await ServiceProcess.Start(slots: 2, folder);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (keep)
            await service.Stop();
        else
            await service.DisposeAsync();
        return seconds;
    }
}
