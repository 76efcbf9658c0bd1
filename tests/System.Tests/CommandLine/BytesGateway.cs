using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>A gateway that accepts everything and keeps the bodies as the bytes that came.</summary>
internal sealed class BytesGateway : IAsyncDisposable
{
    private readonly WebApplication app;

    private BytesGateway(WebApplication app) => this.app = app;

    /// <summary>Where it is.</summary>
    public string Url => app.Urls.First();

    /// <summary>The bodies that have come.</summary>
    public ConcurrentQueue<byte[]> Bodies { get; } = new();

    /// <summary>Starts one.</summary>
    public static async Task<BytesGateway> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var gateway = new BytesGateway(builder.Build());
        gateway.app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            gateway.Bodies.Enqueue(body.ToArray());
            await context.Response.WriteAsync("""{"id":"x","state":"queued"}""");
        });
        await gateway.app.StartAsync();
        return gateway;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
