using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Jobs;

/// <summary>A stream of items that comes faster than the workers process it: what the service holds, and how fast it goes on.</summary>
public sealed class JobMemory : IScenario
{
    private const int Pace = 6_000;
    private const int Workers = 2;
    private const int ItemBytes = 1_000;
    private const long Items = 400_000;
    private const double MiB = 1024 * 1024;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public string Name => "jobs-memory";

    /// <inheritdoc/>
    public string Summary =>
        $"{Items * ItemBytes / 1_000_000} MB posted at once to two workers whose command takes {Pace} lines a second; the service's memory";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (before, peak, grown) = (new double[runs], new double[runs], new double[runs]);
        var (ahead, taken, done) = (new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            await using var fleet = await JobFleet.Start();
            before[run] = ProcessCost.ResidentBytes(fleet.Service.ServiceId) / MiB;
            var samples = await Push(fleet);
            peak[run] = samples[^1].Peak / MiB;
            var full = samples.FindIndex(static sample => sample.Read - sample.Done > 0 && sample.Read >= Items / 4);
            var end = samples.FindIndex(static sample => sample.Read >= Items * 9 / 10);
            var (from, to) = (samples[full], samples[end]);
            grown[run] = (samples[^1].Peak - from.Peak) / MiB;
            ahead[run] = samples.Max(static sample => sample.Read - sample.Done) * (ItemBytes / MiB);
            taken[run] = (to.Read - from.Read) / (to.Seconds - from.Seconds);
            done[run] = (to.Done - from.Done) / (to.Seconds - from.Seconds);
        }

        var pace = Enumerable.Repeat((double)Workers * Pace, runs).ToArray();
        return
        [
            new Figure("the service's memory before", "MiB", before, [], null, null, AtLeast: false),
            new Figure("the service's peak memory", "MiB", peak, [], null, 512, AtLeast: false),
            new Figure("  of it after a quarter was taken", "MiB", grown, [], null, 64, AtLeast: false),
            new Figure("taken and not yet processed, at most", "MiB", ahead, [], null, 66, AtLeast: false),
            new Figure("items taken, from a quarter on", "items/s", taken, pace, "the programs' pace", 0.9, AtLeast: true),
            new Figure("items processed meanwhile", "items/s", done, pace, "the programs' pace", 0.9, AtLeast: true),
        ];
    }

    /// <summary>Posts everything, and looks at job and service until the job has ended.</summary>
    private static async Task<List<Sample>> Push(JobFleet fleet)
    {
        var command = JsonSerializer.Serialize(PacedAnswers.CommandOf(Pace));
        var id = await fleet.Submit(
            $$"""
            {"source": {"stream": {} }, "process": {"command": {"cmd": {{command}} } }, "aggregate": [{"as": "total", "op": "sum"}]}
            """);
        using var items = new EndlessItems(Encoding.ASCII.GetBytes('"' + new string('x', ItemBytes - 3) + '"'), Items);
        var began = TimeProvider.System.GetTimestamp();
        var posting = Post(fleet, id, items);
        var samples = new List<Sample>();
        while (true)
        {
            using var job = JsonDocument.Parse(await fleet.Service.Http.GetStringAsync($"/api/v1/jobs/{id}"));
            samples.Add(new Sample(
                TimeProvider.System.GetElapsedTime(began).TotalSeconds,
                job.RootElement.GetProperty("itemsRead").GetInt64(),
                job.RootElement.GetProperty("itemsDone").GetInt64(),
                ProcessCost.PeakBytes(fleet.Service.ServiceId)));
            if (job.RootElement.GetProperty("state").GetString() != "running")
                break;
            await Task.Delay(Look, TimeProvider.System);
        }

        await posting;
        JobFleet.Check(await fleet.Total(id), (items.Items * (ItemBytes - 3)).ToString(CultureInfo.InvariantCulture));
        return samples;
    }

    private static async Task Post(JobFleet fleet, string id, EndlessItems items)
    {
        using var http = new HttpClient { BaseAddress = fleet.Service.Address, Timeout = Timeout.InfiniteTimeSpan };
        (await http.PostAsync($"/api/v1/jobs/{id}/items", items)).EnsureSuccessStatusCode();
        (await http.PostAsync($"/api/v1/jobs/{id}/close", null)).EnsureSuccessStatusCode();
    }

    private sealed record Sample(double Seconds, long Read, long Done, double Peak);
}
