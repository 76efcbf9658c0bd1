using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>
/// Many schedules of one queue start a task at one instant. Around that instant tasks of another queue are submitted.
/// The schedules' tasks require a label that no worker carries, so they take no slot, and the scenario measures the
/// silo's work alone.
/// </summary>
public sealed class ScheduleHerd : IScenario
{
    private const int Senders = 16;
    private static readonly int Schedules = Parameter.Of("OTASK_BENCH_SCHEDULES", 10_000);
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public string Name => "schedules";

    /// <inheritdoc/>
    public string Summary => string.Create(
        CultureInfo.InvariantCulture,
        $"{Schedules} schedules of one queue start a task at once (OTASK_BENCH_SCHEDULES=n): delay of another queue's tasks");

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (puts, calm99, p50, p99) = (new double[runs], new double[runs], new double[runs], new double[runs]);
        var (most, last) = (new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            await using var service = await ServiceProcess.Start(slots: 3);
            await IdleLatency.Measure(service, 500);
            var began = TimeProvider.System.GetTimestamp();
            // Paused: none is due while the others are made.
            await Each(service, static (http, id) => http.PutAsync($"/api/v1/schedules/{id}", Text(Spec)));
            puts[run] = Schedules / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
            await Each(service, static (http, id) => http.PostAsync($"/api/v1/schedules/{id}/resume", null));

            var due = NextMinute();
            var calm = await Bystanders.Observe(service, due - (2 * Before), due - Before);
            var seen = await Bystanders.Observe(service, due - TimeSpan.FromSeconds(1), due + After);
            calm99[run] = Statistics.Quantile(calm.Delays, 0.99);
            (p50[run], p99[run]) = (Statistics.Quantile(seen.Delays, 0.5), Statistics.Quantile(seen.Delays, 0.99));
            most[run] = seen.Delays.Max();
            last[run] = await Lateness(service, due);
        }

        return
        [
            new Figure("schedules made", "schedules/s", puts, [], null, null, AtLeast: true),
            new Figure("another queue's task before, p99", "ms", calm99, [], null, null, AtLeast: false),
            new Figure("another queue's task at the instant, p50", "ms", p50, [], null, null, AtLeast: false),
            new Figure("another queue's task at the instant, p99", "ms", p99, [], null, 100, AtLeast: false),
            new Figure("another queue's task at the instant, longest", "ms", most, [], null, null, AtLeast: false),
            new Figure("the last task of the herd after the instant", "ms", last, [], null, null, AtLeast: false),
        ];
    }

    private static string Spec => new JsonObject
    {
        ["cron"] = "* * * * *",
        ["overlap"] = "allow",
        ["paused"] = true,
        ["task"] = new JsonObject { ["cmd"] = "true", ["queue"] = "herd", ["requires"] = Batches.Nowhere },
    }.ToJsonString();

    // At least so far ahead that the time before it can be observed.
    private static DateTimeOffset NextMinute()
    {
        var earliest = TimeProvider.System.GetUtcNow() + (2 * Before) + TimeSpan.FromSeconds(1);
        return new DateTimeOffset(
            (earliest.Ticks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute) + TimeSpan.TicksPerMinute, TimeSpan.Zero);
    }

    private static async Task Each(ServiceProcess service, Func<HttpClient, string, Task<HttpResponseMessage>> send)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var i && i < Schedules)
            {
                using var answer = await send(service.Http, string.Create(CultureInfo.InvariantCulture, $"s{i}"));
                if (!answer.IsSuccessStatusCode)
                    throw new InvalidOperationException($"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            }
        }));
    }

    // Milliseconds from the instant to the last of its tasks. Fails when one is missing or too many.
    private static async Task<double> Lateness(ServiceProcess service, DateTimeOffset due)
    {
        var times = new List<DateTimeOffset>();
        string? cursor = null;
        do
        {
            var query = $"/api/v1/tasks?queue=herd&limit=1000&createdAfter={due - Before:yyyy-MM-ddTHH:mm:ssZ}";
            var page = JsonNode.Parse(await service.Http.GetStringAsync(cursor is null ? query : $"{query}&cursor={cursor}"))!;
            times.AddRange(page["items"]!.AsArray().Select(static task =>
                DateTimeOffset.Parse(task!["createdAt"]!.GetValue<string>(), CultureInfo.InvariantCulture)));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);
        return times.Count == Schedules
            ? (times.Max() - due).TotalMilliseconds
            : throw new InvalidOperationException($"{times.Count} of {Schedules} tasks were started.");
    }

    private static StringContent Text(string json) => new(json, Encoding.UTF8, "application/json");
}
