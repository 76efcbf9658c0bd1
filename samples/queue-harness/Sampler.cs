using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Hosting;

namespace OrleansTasks.Samples.QueueHarness;

/// <summary>Prints the samples, on the boundaries of the clock.</summary>
public sealed class Sampler(Settings settings, Measures measures) : BackgroundService
{
    /// <summary>The time, as the harness reads it.</summary>
    public static string Now() => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var period = settings.SampleSeconds * 1_000L;
        var due = 0L;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // A delay may end some milliseconds before its time.
                var from = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
                due = Math.Max(due, from / period * period) + period;
                await Task.Delay(TimeSpan.FromMilliseconds(due - from), TimeProvider.System, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            var now = Now();
            foreach (var (metric, value, window) in measures.Take())
            {
                Console.WriteLine(JsonSerializer.Serialize(new
                {
                    t = now, system = "orleanstasks", kind = "adapter", subject_kind = "adapter", subject = "", metric, value,
                    window_s = window, instance_id = settings.Instance,
                }));
            }
        }
    }
}
