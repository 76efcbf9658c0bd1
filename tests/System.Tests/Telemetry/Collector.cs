using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Google.Protobuf.Collections;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.System.Tests.Telemetry;

/// <summary>An OpenTelemetry collector in this process, which takes OTLP over HTTP in protobuf.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<byte[]> bodies = new();

    private Collector()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(Take);
    }

    /// <summary>Every span, with the service that sent it.</summary>
    public ConcurrentQueue<(string Service, OtlpSpan Span)> Spans { get; } = new();

    /// <summary>The names of all metrics, with the service that sent them.</summary>
    public ConcurrentDictionary<(string Service, string Name), bool> Metrics { get; } = new();

    /// <summary>The text of every log entry, with the service that sent it.</summary>
    public ConcurrentQueue<(string Service, string Text)> Logs { get; } = new();

    /// <summary>The environment of a program that exports to it, without the delays meant for production.</summary>
    public (string, string)[] Environment => EnvironmentOf(app.Services.GetRequiredService<IServer>().Features
        .Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Starts one.</summary>
    public static async Task<Collector> Start()
    {
        var collector = new Collector();
        await collector.app.StartAsync();
        return collector;
    }

    /// <summary>The environment of a program that exports to an address.</summary>
    public static (string, string)[] EnvironmentOf(string address) =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", address),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "50"),
    ];

    /// <summary>The spans of a trace, given in hexadecimal.</summary>
    public List<(string Service, OtlpSpan Span)> Trace(string id) =>
        [.. Spans.Where(span => Convert.ToHexStringLower(span.Span.TraceId.Span) == id)];

    /// <summary>Whether anything that came has this text.</summary>
    public bool HasText(string text)
    {
        var wanted = Encoding.UTF8.GetBytes(text);
        return bodies.Any(body => body.AsSpan().IndexOf(wanted) >= 0);
    }

    /// <summary>The value of an attribute; null: there is none.</summary>
    public static string? Attribute(RepeatedField<OtlpAttribute> attributes, string key) =>
        attributes.FirstOrDefault(attribute => attribute.Key == key)?.Value is not { } value ? null
        : value.ValueCase == OtlpValue.ValueOneofCase.Number ? $"{value.Number}" : value.Text;

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task Take(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var bytes = body.ToArray();
        bodies.Enqueue(bytes);
        switch (context.Request.Path.Value)
        {
            case "/v1/traces":
                foreach (var resource in OtlpTraces.Parser.ParseFrom(bytes).Resources)
                    foreach (var span in resource.Scopes.SelectMany(static scope => scope.Spans))
                        Spans.Enqueue((ServiceOf(resource.Resource), span));
                break;
            case "/v1/metrics":
                foreach (var resource in OtlpMetrics.Parser.ParseFrom(bytes).Resources)
                    foreach (var metric in resource.Scopes.SelectMany(static scope => scope.Metrics))
                        Metrics[(ServiceOf(resource.Resource), metric.Name)] = true;
                break;
            case "/v1/logs":
                foreach (var resource in OtlpLogs.Parser.ParseFrom(bytes).Resources)
                    foreach (var log in resource.Scopes.SelectMany(static scope => scope.Logs))
                        Logs.Enqueue((ServiceOf(resource.Resource), log.Body?.Text ?? ""));
                break;
            default:
                context.Response.StatusCode = (int)HttpStatusCode.NotFound;
                return;
        }

        context.Response.ContentType = "application/x-protobuf";
    }

    private static string ServiceOf(OtlpResource resource) => Attribute(resource.Attributes, "service.name") ?? "";
}
