using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Hosting;
using OrleansTasks.ApiClient;

namespace OrleansTasks.Samples.QueueHarness;

/// <summary>Submits tasks, at a rate by the clock or so that a number of them waits.</summary>
public sealed class Producer(Settings settings, Measures measures, OrleansTasksClient client, HttpClient http) : BackgroundService
{
    private const string Queue = "long_horizon_bench";
    private readonly string payload = new('x', settings.PayloadBytes);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.Instance != 0)
            return;
        var watchingDepth = WatchDepth(stoppingToken);
        try
        {
            await Produce(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            await watchingDepth;
        }
    }

    private async Task Produce(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(settings.BatchPause));
        var (credit, last) = (0.0, Stopwatch.GetTimestamp());
        while (await timer.WaitForNextTickAsync(stopping))
        {
            var now = Stopwatch.GetTimestamp();
            credit += Settings.Rate() * Stopwatch.GetElapsedTime(last, now).TotalSeconds;
            last = now;
            var wanted = settings.KeepsDepth ? settings.Depth - measures.Depth : (long)credit;
            // Behind its rate it sends several full batches without a pause.
            for (; wanted > 0; wanted -= settings.MostInBatch)
            {
                var count = (int)Math.Min(wanted, settings.MostInBatch);
                credit -= settings.KeepsDepth ? 0 : count;
                measures.Depth += settings.KeepsDepth ? count : 0;
                await Submit(count, stopping);
            }
        }
    }

    private async Task Submit(int count, CancellationToken stopping)
    {
        var began = Stopwatch.GetTimestamp();
        var submitted = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var task = TaskSpec.Handler(Job.Handler, submitted) with { Queue = Queue, Stdin = payload };
        try
        {
            await client.Tasks.SubmitBatchAsync([.. Enumerable.Repeat(task, count)], null, stopping);
            measures.Enqueued(count, Stopwatch.GetElapsedTime(began) / count);
        }
        catch (Exception lost) when (lost is OrleansTasksException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync($"A batch was not accepted: {lost.Message}");
        }
    }

    private async Task WatchDepth(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    var queue = await http.GetFromJsonAsync<JsonNode>($"/api/v1/queues/{Queue}", stopping);
                    measures.Depth = (long)queue!["depth"]!;
                }
                catch (HttpRequestException)
                {
                    // There is no such queue yet, or the database is away.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The harness ends the run.
        }
    }
}
