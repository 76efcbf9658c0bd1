using System.Collections;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OrleansTasks.Telemetry;

/// <summary>
/// Exports metrics, traces and logs by OTLP if the environment variable <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a
/// collector. Otherwise no exporter is loaded and no activity is created. docs/telemetry.md says what is exported.
/// </summary>
public static class OtlpExport
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] Meters =
        ["OrleansTasks.*", "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    // Orleans treats interfaces whose names begin with "Orleans", as all of ours do, as its own.
    private static readonly string[] Sources = ["OrleansTasks.*", "Microsoft.Orleans.Application", "Microsoft.Orleans.Runtime"];

    // The bounds that /metrics uses, in seconds. A commit takes a few milliseconds, and the SDK's first bound is 5.
    private static readonly double[] Seconds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    /// <summary>Whether a collector is named and export is enabled.</summary>
    public static bool IsOn { get; } = IsWanted(Environment.GetEnvironmentVariable);

    /// <summary>What is wrong with the environment, as a message to print at the start; null if nothing is.</summary>
    public static string? Fault => FaultOf(Environment.GetEnvironmentVariable);

    /// <summary>
    /// Adds the exporters. They start with the host. When it stops, they send what they still hold, which takes at most
    /// two seconds.
    /// </summary>
    /// <param name="services">The host's services, which log through Microsoft.Extensions.Logging.</param>
    /// <param name="configuration">
    /// The host's configuration, to which the <c>OTEL_</c> variables are added, because the SDK reads them there. If
    /// null, the SDK reads the environment.
    /// </param>
    /// <param name="role">The program's role, which is the default of <c>OTEL_SERVICE_NAME</c>.</param>
    /// <param name="version">The program's version.</param>
    public static void Add(IServiceCollection services, IConfigurationBuilder? configuration, string role, string version)
    {
        ArgumentNullException.ThrowIfNull(services);
        configuration?.AddInMemoryCollection(Variables());
        // Inserted first, so that it stops last.
        services.Insert(0, ServiceDescriptor.Singleton<Microsoft.Extensions.Hosting.IHostedService, OtlpLifetime>());
        var builder = services.AddOpenTelemetry().ConfigureResource(resource => resource
            .AddService(role, serviceVersion: version)
            // Added again, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence.
            .AddEnvironmentVariableDetector());
        if (Exports("TRACES"))
            builder.WithTracing(static tracing => tracing
                .SetSampler(TraceSampler.Of(Environment.GetEnvironmentVariable))
                .AddSource(Sources)
                .AddAspNetCoreInstrumentation(static options => options.Filter = IsWorthASpan)
                .AddOtlpExporter());
        if (Exports("METRICS"))
            builder.WithMetrics(static metrics => metrics.AddMeter(Meters).AddView(BoundsOf).AddOtlpExporter());
        if (Exports("LOGS"))
            builder.WithLogging(static logs => logs.AddOtlpExporter(), static options => options.IncludeFormattedMessage = true);
    }

    /// <summary>Starts the exporters of services that no host starts.</summary>
    public static void Start(IServiceProvider services)
    {
        if (IsOn)
            OtlpLifetime.Start(services);
    }

    /// <summary>Stops the exporters of services that no host stops, within two seconds.</summary>
    public static Task End(IServiceProvider services) => IsOn ? OtlpLifetime.End(services) : Task.CompletedTask;

    internal static bool IsWanted(Func<string, string?> variable) =>
        !string.IsNullOrWhiteSpace(variable(Endpoint))
        && !string.Equals(variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);

    // The SDK would ignore an invalid address and export to its default one.
    internal static string? FaultOf(Func<string, string?> variable) =>
        !IsWanted(variable) || (Uri.TryCreate(variable(Endpoint), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
            ? null
            : $"{Endpoint}: expected the address of a collector, such as http://localhost:4317";

    private static bool Exports(string signal) =>
        !string.Equals(Environment.GetEnvironmentVariable($"OTEL_{signal}_EXPORTER"), "none", StringComparison.OrdinalIgnoreCase);

    private static Dictionary<string, string?> Variables() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(static variable => ((string)variable.Key).StartsWith("OTEL_", StringComparison.Ordinal))
            .ToDictionary(static variable => (string)variable.Key, static variable => (string?)variable.Value);

    private static bool IsWorthASpan(HttpContext context) => context.Request.Path.Value is not ("/livez" or "/readyz" or "/metrics");

    private static MetricStreamConfiguration? BoundsOf(Instrument instrument) =>
        instrument is Histogram<double> { Unit: "s", Advice: null } ? new ExplicitBucketHistogramConfiguration { Boundaries = Seconds } : null;
}
