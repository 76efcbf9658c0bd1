using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>One caller, one task at a time, from POST to the answer that it has ended.</summary>
public sealed class IdleLatency : IScenario
{
    private const int Tasks = 500;
    private const double MostOverLeast = 2, MostSpread = 3;

    /// <inheritdoc/>
    public string Name => "latency";

    /// <inheritdoc/>
    public string Summary =>
        $"{Tasks} x /bin/true one by one over HTTP: POST, then GET with wait, until it has ended; reference: a synced write and a spawn";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 2);
        return await Compare(service, "submit to result", runs);
    }

    /// <summary>Measures a service that runs /bin/true, in turn with the least that such a task takes.</summary>
    internal static async Task<IReadOnlyList<Figure>> Compare(ServiceProcess service, string name, int runs)
    {
        await Measure(service, Tasks);
        await RawSpawns.Latencies(Tasks / 5);
        var (p50, p99, least) = (new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            least[run] = Statistics.Quantile(await RawSpawns.Latencies(Tasks), 0.5);
            var times = TaskSpan.Milliseconds(await Measure(service, Tasks));
            (p50[run], p99[run]) = (Statistics.Quantile(times, 0.5), Statistics.Quantile(times, 0.99));
        }

        return
        [
            new Figure(name + ", p50", "ms", p50, least, "a synced write and a spawn", MostOverLeast, AtLeast: false),
            new Figure(name + ", p99", "ms", p99, p50, "its p50", MostSpread, AtLeast: false),
        ];
    }

    /// <summary>Runs tasks one after another. Returns when each was submitted and when its end was known.</summary>
    internal static async Task<TaskSpan[]> Measure(ServiceProcess service, int count)
    {
        var spans = new TaskSpan[count];
        for (var i = 0; i < count; i++)
        {
            var started = Stopwatch.GetTimestamp();
            using var posted = await service.Http.PostAsJsonAsync("/api/v1/tasks", new { argv = new[] { "/bin/true" } });
            posted.EnsureSuccessStatusCode();
            using var ended = await service.Http.GetAsync(posted.Headers.Location + "?wait=30s");
            var task = await ended.Content.ReadFromJsonAsync<JsonElement>();
            spans[i] = new TaskSpan(started, Stopwatch.GetTimestamp());
            if (task.GetProperty("state").GetString() != "succeeded")
                throw new InvalidOperationException($"The task is {task.GetProperty("state").GetString()}.");
        }

        return spans;
    }
}
