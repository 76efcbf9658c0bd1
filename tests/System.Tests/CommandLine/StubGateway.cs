using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>A gateway that answers each path, or every path, with a given text, and 404 otherwise.</summary>
internal sealed class StubGateway : IAsyncDisposable
{
    private readonly WebApplication app;

    private StubGateway(WebApplication app) => this.app = app;

    /// <summary>Where it is.</summary>
    public string Url => app.Urls.First();

    /// <summary>The Authorization headers that have come; empty for a request without one.</summary>
    public ConcurrentQueue<string> Keys { get; } = new();

    /// <summary>The reasons that have come.</summary>
    public ConcurrentQueue<string> Reasons { get; } = new();

    /// <summary>The <c>Last-Event-ID</c> of each request; empty for a request without one.</summary>
    public ConcurrentQueue<string> LastEvents { get; } = new();

    /// <summary>What each request asked for: path and query, decoded.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The bodies that have come, without empty ones.</summary>
    public ConcurrentQueue<string> Bodies { get; } = new();

    /// <summary>The same as the bytes that came.</summary>
    public ConcurrentQueue<byte[]> Bytes { get; } = new();

    /// <summary>The headers of the Model Context Protocol that have come: revision, method and name.</summary>
    public ConcurrentQueue<string> Protocol { get; } = new();

    /// <summary>Starts one with the answers by path.</summary>
    public static Task<StubGateway> Start(params (string Path, string Answer)[] answers) =>
        Start(path => answers.FirstOrDefault(answer => answer.Path == path).Answer is { } text ? Encoding.UTF8.GetBytes(text) : null);

    /// <summary>Starts one with the answers by path; it refuses what comes to <paramref name="refused"/>.</summary>
    public static Task<StubGateway> StartRefusing(string refused, int status, string problem, params (string Path, string Answer)[] answers) =>
        Start(
            path => path == refused ? Encoding.UTF8.GetBytes(problem)
                : answers.FirstOrDefault(answer => answer.Path == path).Answer is { } text ? Encoding.UTF8.GetBytes(text) : null,
            path => path == refused ? status : 200);

    /// <summary>Starts one that answers every path alike, as told at that moment.</summary>
    public static Task<StubGateway> StartWithOne(Func<byte[]> answer) => Start(_ => answer());

    /// <summary>Starts one that answers every path alike.</summary>
    public static Task<StubGateway> StartWithOne(byte[] answer) => Start(_ => answer);

    private static async Task<StubGateway> Start(Func<string, byte[]?> answerTo, Func<string, int>? statusOf = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var gateway = new StubGateway(builder.Build());
        gateway.app.Run(async context =>
        {
            gateway.Keys.Enqueue(context.Request.Headers.Authorization.ToString());
            if (context.Request.Headers.TryGetValue("Otask-Reason", out var reason))
                gateway.Reasons.Enqueue(reason.ToString());
            gateway.LastEvents.Enqueue(context.Request.Headers["Last-Event-ID"].ToString());
            gateway.Protocol.Enqueue(string.Join(
                ' ', from name in (string[])["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"] select context.Request.Headers[name].ToString()));
            gateway.Asked.Enqueue(
                context.Request.Path.Value + Uri.UnescapeDataString(context.Request.QueryString.Value!));
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            if (body.Length > 0)
            {
                gateway.Bytes.Enqueue(body.ToArray());
                gateway.Bodies.Enqueue(Encoding.UTF8.GetString(body.ToArray()));
            }

            var answer = answerTo(context.Request.Path.Value!);
            context.Response.StatusCode = answer is null ? 404 : statusOf?.Invoke(context.Request.Path.Value!) ?? 200;
            if (answer is [(byte)'{', ..])
                context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(answer ?? []);
        });
        await gateway.app.StartAsync();
        return gateway;
    }

    /// <summary>Runs otask against it, in this process.</summary>
    public Task<Running.Finished> Otask(params string[] arguments) => Running.Otask.Run(["--url", Url, .. arguments]);

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
