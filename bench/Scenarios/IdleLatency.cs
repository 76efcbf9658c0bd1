using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>One caller, one task at a time, from POST to the answer that it has ended.</summary>
public sealed class IdleLatency : IScenario
{
    private const int Tasks = 500;

    /// <inheritdoc/>
    public string Name => "latency";

    /// <inheritdoc/>
    public string Summary => $"{Tasks} x /bin/true one by one over HTTP: POST, then GET with wait, until it has ended";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 2);
        await Measure(service, Tasks);
        var (p50, p99, spawn50, spawn99) = (new double[runs], new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var spawns = RawSpawns.Latencies(Tasks);
            var times = TaskSpan.Milliseconds(await Measure(service, Tasks));
            (p50[run], p99[run]) = (Statistics.Quantile(times, 0.5), Statistics.Quantile(times, 0.99));
            (spawn50[run], spawn99[run]) = (Statistics.Quantile(spawns, 0.5), Statistics.Quantile(spawns, 0.99));
        }

        return
        [
            new Figure("submit to result, p50", "ms", p50, [], null, 2, AtLeast: false),
            new Figure("submit to result, p99", "ms", p99, [], null, 6, AtLeast: false),
            new Figure("raw spawn and wait, p50", "ms", spawn50, [], null, null, AtLeast: false),
            new Figure("raw spawn and wait, p99", "ms", spawn99, [], null, null, AtLeast: false),
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
