using System.Globalization;
using System.Text.Json;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Jobs;

/// <summary>A CSV file's column summed by another one, and a text's words counted, against loops as one writes them by hand.</summary>
public sealed class FileJobs : IScenario
{
    private const int Rows = 4_000_000;
    private const int Lines = 1_000_000;
    private const int Workers = 2;
    private const string Loop = "a loop on one core";
    private const int Warmings = 3;

    /// <inheritdoc/>
    public string Name => "jobs-files";

    /// <inheritdoc/>
    public string Summary => $"{Rows} rows of CSV grouped and summed, {Lines} lines of words counted; reference: a loop on one thread, for one core";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-files-").FullName;
        try
        {
            var (csv, text) = (Path.Combine(folder, "sales.csv"), Path.Combine(folder, "words.txt"));
            SampleFiles.WriteCsv(csv, Rows);
            SampleFiles.WriteText(text, Lines);
            await using var fleet = await JobFleet.Start(files: folder);
            return
            [
                .. await Compare(
                    fleet, runs, "CSV rows grouped and summed, a worker", "rows/s", Rows, () => SumGroups(csv), CsvJob(csv)),
                .. await Compare(
                    fleet, runs, "lines whose words are counted, a worker", "lines/s", Lines, () => CountWords(text), WordJob(text)),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Figure[]> Compare(
        JobFleet fleet, int runs, string name, string unit, int items, Func<string> loop, string job)
    {
        for (var warm = 0; warm < Warmings; warm++)
            await fleet.Timed(job, loop());
        var (ours, plain) = (new double[runs], new double[runs]);
        var (cost, plainCost) = (new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var (began, used) = (TimeProvider.System.GetTimestamp(), ProcessCost.CpuSeconds(Environment.ProcessId));
            var expected = loop();
            plain[run] = items / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
            plainCost[run] = 1e6 * (ProcessCost.CpuSeconds(Environment.ProcessId) - used) / items;
            used = fleet.WorkerSeconds + fleet.ServiceSeconds;
            ours[run] = items / await fleet.Timed(job, expected) / Workers;
            cost[run] = 1e6 * (fleet.WorkerSeconds + fleet.ServiceSeconds - used) / items;
        }

        return
        [
            new Figure(name, unit, ours, plain, Loop, 0.9, AtLeast: true),
            new Figure("  processor time of all three, an item", "us", cost, plainCost, Loop, null, AtLeast: false),
        ];
    }

    private static string CsvJob(string path) =>
        $$"""
        {"source": {"file": {"path": {{JsonSerializer.Serialize(path)}}, "format": "csv"} }, "process": {"builtin": "identity"},
         "aggregate": [{"as": "total", "op": "groupSum", "by": "/city", "value": "/amount"}]}
        """;

    private static string WordJob(string path) =>
        $$"""
        {"source": {"file": {"path": {{JsonSerializer.Serialize(path)}}, "format": "lines"} }, "process": {"builtin": "words"},
         "aggregate": [{"as": "total", "op": "groupCount"}]}
        """;

    /// <summary>What each group of a CSV file sums to, as a job answers it.</summary>
    internal static string SumGroups(string path)
    {
        var sums = new Dictionary<string, long>();
        foreach (var line in File.ReadLines(path).Skip(1))
        {
            var fields = line.Split(',');
            sums[fields[1]] = sums.GetValueOrDefault(fields[1]) + long.Parse(fields[2], CultureInfo.InvariantCulture);
        }

        return Show(sums, "sum");
    }

    private static string CountWords(string path)
    {
        var counts = new Dictionary<string, long>();
        foreach (var line in File.ReadLines(path))
        {
            var start = -1;
            for (var i = 0; i <= line.Length; i++)
            {
                var isInside = i < line.Length && char.IsLetterOrDigit(line[i]);
                if (isInside && start < 0)
                    start = i;
                if (isInside || start < 0)
                    continue;
                var word = line[start..i].ToLowerInvariant();
                counts[word] = counts.GetValueOrDefault(word) + 1;
                start = -1;
            }
        }

        return Show(counts, "count");
    }

    private static string Show(Dictionary<string, long> groups, string name) =>
        "[" + string.Join(',', groups.OrderBy(static group => group.Key, StringComparer.Ordinal).Select(
            group => string.Create(CultureInfo.InvariantCulture, $$"""{"key":"{{group.Key}}","{{name}}":{{group.Value}}}"""))) + "]";
}
