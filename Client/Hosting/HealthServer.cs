using System.Net.Sockets;
using OrleansTasks.Client.Gateway;
using OrleansTasks.Client.Http;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Client.Hosting;

/// <summary>
/// Answers <c>/livez</c> and <c>/readyz</c> for a silo on its own, from before it joins until it has left. Anybody may
/// ask, and learns nothing of tasks.
/// </summary>
internal sealed class HealthServer : IAsyncDisposable
{
    private const string Text = "text/plain; charset=utf-8";
    private const string NotRunning = "service: not running yet, or already stopped.";
    private const string Ending = "service: it is ending.";
    private readonly WebApplication app;
    private volatile IServiceProvider? silo;

    private HealthServer(Socket bound)
    {
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ServiceLog.Use(builder.Logging);
        // Signals are the silo's.
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        WebServer.Use(builder, bound, certificate: null);
        app = builder.Build();
        app.UseProblems();
        app.Run(Answer);
    }

    /// <summary>Starts it on a socket that is bound already.</summary>
    public static async Task<HealthServer> Start(Socket bound)
    {
        var server = new HealthServer(bound);
        await server.app.StartAsync();
        return server;
    }

    /// <summary>The silo has started: from now on it is asked.</summary>
    public void Watch(IServiceProvider services) => silo = services;

    /// <summary>The silo has ended: it is asked no more.</summary>
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
        _ => context.WriteProblem(
            Problems.NotFound("This port serves GET /livez and GET /readyz only. Send other requests to a gateway.")),
    };

    private async Task AnswerLive(HttpContext context)
    {
        if (silo is { } asked
            && await asked.GetRequiredService<SiloHealth>().FindStuck(context.RequestAborted) is { } stuck)
            await context.WriteProblem(Problems.NotReady(stuck));
        else
            await Write(context, "alive\n");
    }

    private Task AnswerReady(HttpContext context)
    {
        var problems = FindProblems();
        return problems.Count == 0
            ? Write(context, "ready\n")
            : context.WriteProblem(Problems.NotReady(string.Join(' ', problems)));
    }

    private IReadOnlyList<string> FindProblems() => silo switch
    {
        null => [NotRunning],
        var asked when asked.GetRequiredService<ServiceState>().Phase == ServicePhase.Draining => [Ending],
        var asked => asked.GetRequiredService<SiloHealth>().FindProblems(),
    };

    private static Task Write(HttpContext context, string text)
    {
        context.Response.ContentType = Text;
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.WriteAsync(text, context.RequestAborted);
    }

    /// <summary>A host that no signal ends.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
