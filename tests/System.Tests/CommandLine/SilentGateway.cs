using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>
/// A gateway with one task that writes one line, or line after line, and goes on until it is cancelled. Streams and waits
/// stay open and silent meanwhile.
/// </summary>
internal sealed class SilentGateway : IAsyncDisposable
{
    public const string Id = "0199aa00-0000-7000-8000-000000000001", Line = "line\n";
    private readonly WebApplication app;
    private readonly CancellationTokenSource ended = new();
    private readonly ConcurrentQueue<string> changes = new();

    private SilentGateway(WebApplication app) => this.app = app;

    /// <summary>Where it is.</summary>
    public string Url => app.Urls.First();

    /// <summary>Whether the task writes line after line.</summary>
    public bool IsTalkative { get; init; }

    /// <summary>Whether every read is held, and not only waits.</summary>
    public bool HoldsReads { get; init; }

    /// <summary>The paths of the calls that change something.</summary>
    public IEnumerable<string> Changes => changes;

    /// <summary>What the task ended as: a state, and an exit code if it failed by itself.</summary>
    public (string State, int Code) End { get; private set; } = ("cancelled", 0);

    public static async Task<SilentGateway> Start(bool isTalkative = false, bool holdsReads = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var gateway = new SilentGateway(builder.Build()) { IsTalkative = isTalkative, HoldsReads = holdsReads };
        gateway.app.Run(gateway.Answer);
        await gateway.app.StartAsync();
        return gateway;
    }

    /// <summary>Lets the task end by itself.</summary>
    public Task Fail(int code)
    {
        End = ("failed", code);
        return ended.CancelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await app.DisposeAsync();
        ended.Dispose();
    }

    private async Task Answer(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            changes.Enqueue(path);
            if (path.EndsWith("/cancel", StringComparison.Ordinal) && !ended.IsCancellationRequested)
                await ended.CancelAsync();
            await Show(context);
        }
        else if (HoldsReads)
            await Hold(context);
        else if (path.EndsWith("/logs", StringComparison.Ordinal) || path.EndsWith("/live", StringComparison.Ordinal)
            || path.EndsWith("/events", StringComparison.Ordinal))
            await Stream(context);
        else
        {
            if (context.Request.Query.ContainsKey("wait"))
                await Hold(context);
            await Show(context);
        }
    }

    private async Task Stream(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        for (var end = Line.Length; ; end += Line.Length)
        {
            var data = JsonSerializer.Serialize(new
            {
                stream = "stdout", offset = end - Line.Length, text = Line, at = "2030-01-01T00:00:00Z", type = "task", id = Id, state = "running",
            });
            await context.Response.WriteAsync($"id: 1-{end}-0\ndata: {data}\n\n");
            await context.Response.Body.FlushAsync();
            if (!IsTalkative)
                await Hold(context);
            if (ended.IsCancellationRequested)
                break;
        }

        await context.Response.WriteAsync("event: end\ndata: {}\n\n");
    }

    private async Task Hold(HttpContext context)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ended.Token, context.RequestAborted);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, either.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    private Task Show(HttpContext context)
    {
        var state = ended.IsCancellationRequested ? End.State : "running";
        return context.Response.WriteAsync($$"""
            {"id":"{{Id}}","state":"{{state}}","reason":"exit","exitCode":{{End.Code}},"items":[{"id":"{{Id}}","state":"{{state}}"}]}
            """);
    }
}
