using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Lifetime;
using OrleansTasks.Logs;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Hosting;

/// <summary>
/// Serves <c>/livez</c> and <c>/readyz</c> for a standalone silo, from before it joins until after it has left. Open to
/// anyone; the answers reveal nothing about tasks.
/// </summary>
internal sealed class HealthServer : IAsyncDisposable
{
    private const string Text = "text/plain; charset=utf-8";
    private const int MostConnections = 1_000;
    private const string NotRunning = "service: it is not running yet, or has stopped.";
    private const string Ending = "service: it is shutting down.";
    private readonly WebApplication app;
    private volatile IServiceProvider? silo;

    private HealthServer(Socket bound, LogFormat format)
    {
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ServiceLog.Use(builder.Logging, format);
        // The silo's host handles signals.
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        var address = (IPEndPoint)bound.LocalEndPoint!;
        builder.WebHost.UseKestrelCore();
        builder.Services.Configure<SocketTransportOptions>(options => options.CreateBoundListenSocket = _ => bound);
        builder.Services.Configure<KestrelServerOptions>(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxConcurrentConnections = MostConnections;
            options.Listen(address, static listen => listen.Protocols = HttpProtocols.Http1);
        });
        app = builder.Build();
        app.Run(Answer);
    }

    /// <summary>Starts the server on a bound socket.</summary>
    public static async Task<HealthServer> Start(Socket bound, LogFormat format)
    {
        var server = new HealthServer(bound, format);
        await server.app.StartAsync();
        return server;
    }

    /// <summary>Sets the silo to ask, once it has started.</summary>
    public void Watch(IServiceProvider services) => silo = services;

    /// <summary>Stops asking the silo, once it has ended.</summary>
    public void Forget() => silo = null;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private Task Answer(HttpContext context) => (context.Request.Method, context.Request.Path.Value) switch
    {
        ("GET" or "HEAD", "/livez") => AnswerLive(context),
        ("GET" or "HEAD", "/readyz") => AnswerReady(context),
        _ => WriteProblem(context, StatusCodes.Status404NotFound, "not-found", "Resource not found",
            "This port serves only GET /livez and GET /readyz. Send other requests to a gateway."),
    };

    private async Task AnswerLive(HttpContext context)
    {
        if (silo is { } asked
            && await asked.GetRequiredService<SiloHealth>().FindStuck(context.RequestAborted) is { } stuck)
            await NotReady(context, stuck);
        else
            await Write(context, "alive\n");
    }

    private async Task AnswerReady(HttpContext context)
    {
        var problems = await FindProblems(context.RequestAborted);
        await (problems.Count == 0
            ? Write(context, "ready\n")
            : NotReady(context, string.Join(' ', problems)));
    }

    private async Task<IReadOnlyList<string>> FindProblems(CancellationToken cancellation) => silo switch
    {
        null => [NotRunning],
        var asked when asked.GetRequiredService<ServiceState>().Phase == ServicePhase.Draining => [Ending],
        var asked => await asked.GetRequiredService<SiloHealth>().FindProblems(cancellation),
    };

    private static Task NotReady(HttpContext context, string detail)
    {
        context.Response.Headers.RetryAfter = "1";
        return WriteProblem(context, StatusCodes.Status503ServiceUnavailable, "not-ready", "The service is not ready", detail);
    }

    /// <summary>Answers with a problem in the same format as gateways use.</summary>
    private static Task WriteProblem(HttpContext context, int status, string code, string title, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(
            new { type = "urn:orleanstasks:problem:" + code, title, status, detail, instance = context.Request.Path.Value, code },
            (System.Text.Json.JsonSerializerOptions?)null, "application/problem+json", context.RequestAborted);
    }

    private static Task Write(HttpContext context, string text)
    {
        context.Response.ContentType = Text;
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.WriteAsync(text, context.RequestAborted);
    }

    /// <summary>A lifetime that ignores signals.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
