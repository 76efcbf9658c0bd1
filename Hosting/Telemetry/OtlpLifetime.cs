using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace OrleansTasks.Telemetry;

/// <summary>
/// Starts the exporters and stops them within <see cref="Limit"/>. Disposing them would wait five seconds for each if
/// the collector does not answer.
/// </summary>
internal sealed class OtlpLifetime(IServiceProvider services) : IHostedService
{
    /// <summary>How long the program waits for the collector when it ends.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Start(services);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => End(services);

    /// <summary>Starts the exporters of services that no host starts.</summary>
    public static void Start(IServiceProvider services)
    {
        // A provider starts its exporter when it is made.
        services.GetService<TracerProvider>();
        services.GetService<MeterProvider>();
        services.GetService<LoggerProvider>();
    }

    /// <summary>Sends the pending data and stops the exporters.</summary>
    public static async Task End(IServiceProvider services)
    {
        var (limit, traces, metrics, logs) = ((int)Limit.TotalMilliseconds, services.GetService<TracerProvider>(),
            services.GetService<MeterProvider>(), services.GetService<LoggerProvider>());
        // In parallel, because each waits for the collector.
        await Task.WhenAll(
            Task.Run(() => traces?.Shutdown(limit)), Task.Run(() => metrics?.Shutdown(limit)), Task.Run(() => logs?.Shutdown(limit)));
    }
}
