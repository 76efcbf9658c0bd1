using System.Globalization;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Jobs;

/// <summary>A plug-in's function that nobody has a closed form of, against a plain loop over the same function on two threads.</summary>
public sealed class PluginJobs : IScenario
{
    private const long Million = 1_000_000;
    private const long Items = 20_000_000;

    /// <inheritdoc/>
    public string Name => "jobs-plugin";

    /// <inheritdoc/>
    public string Summary => $"Collatz steps of {Items} integers by the sample plug-in, summed; reference: a loop on two threads over the same function";

    // artifacts/<engine>/bin/Bench/release/ beside artifacts/<engine>/bin/SamplePlugin/release/
    private static string Plugins => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "SamplePlugin", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'))));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var fleet = await JobFleet.Start(plugins: Plugins);
        TwoThreads.Warm(SumOfSteps);
        var small = TwoThreads.Sum(Million, SumOfSteps).Sum;
        for (var warm = 0; warm < 5; warm++)
            await Steps(fleet, Million, small);
        var (million, ours, loop) = (new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            million[run] = 1000 * await Steps(fleet, Million, small);
            var (sum, seconds) = TwoThreads.Sum(Items, SumOfSteps);
            loop[run] = Items / seconds;
            ours[run] = Items / await Steps(fleet, Items, sum);
        }

        return
        [
            new Figure("a million Collatz steps, end to end", "ms", million, [], null, null, AtLeast: false),
            new Figure("Collatz steps by a plug-in", "items/s", ours, loop, "two threads", 0.5, AtLeast: true),
        ];
    }

    private static Task<double> Steps(JobFleet fleet, long items, UInt128 expected) => fleet.Timed(
        $$"""
        {"source": {"range": {"from": 0, "to": {{items}} } }, "process": {"plugin": {"name": "collatz"} },
         "aggregate": [{"as": "total", "op": "sum"}]}
        """,
        expected.ToString(CultureInfo.InvariantCulture));

    private static UInt128 SumOfSteps(long from, long to)
    {
        var sum = 0L;
        for (var item = from; item < to; item++)
            sum += item > 0 ? StepsOf((ulong)item) : 0;
        return (UInt128)sum;
    }

    /// <summary>As the plug-in has it.</summary>
    private static long StepsOf(ulong number)
    {
        var steps = 0L;
        while (number != 1)
        {
            number = (number & 1) == 0 ? number >> 1 : checked((3 * number) + 1);
            steps++;
        }

        return steps;
    }
}
