using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Listening;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Bounds of a service that hold at their last value and not one beyond, through the real silo and store.</summary>
public sealed class BoundTests(RunningService service) : IClassFixture<RunningService>
{
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Webhooks_OneTooMany_IsRefused_UntilOneIsDeleted()
    {
        var ids = new List<string>();
        for (var i = 0; i < ServiceLimits.Webhooks; i++)
            ids.Add((await Make(201)).Json.GetProperty("id").GetString()!);

        (await Make(409)).Problem(409, "too-many-webhooks");

        await client.Send(HttpMethod.Delete, $"/api/v1/webhooks/{ids[0]}");
        await Make(201);

        async Task<Reply> Make(int status)
        {
            var reply = await client.Post("/api/v1/webhooks", """{"url":"http://127.0.0.1:1/","types":["rollout"]}""");
            Assert.True(reply.Status == status, $"{reply.Status} {reply.Text}");
            return reply;
        }
    }

    [Fact]
    public async Task Keys_OneTooMany_IsRefused_UntilOneIsRevoked()
    {
        var last = "";
        var count = (await client.Get("/api/v1/keys")).Json.GetProperty("items").GetArrayLength();
        for (; count < ServiceLimits.Keys; count++)
            last = (await Make(201)).Json.GetProperty("id").GetString()!;

        (await Make(409)).Problem(409, "too-many-keys");

        await client.Send(HttpMethod.Delete, $"/api/v1/keys/{last}");
        await Make(201);

        async Task<Reply> Make(int status)
        {
            var reply = await client.Post("/api/v1/keys", """{"name":"many","scopes":["read"]}""");
            Assert.True(reply.Status == status, $"{reply.Status} {reply.Text}");
            return reply;
        }
    }

    [Fact]
    public async Task LiveStreams_OneTooMany_IsRefused_UntilOneEnds()
    {
        using var http = new HttpClient { BaseAddress = client.Http.BaseAddress };
        var open = new List<EventReading>();
        try
        {
            while (open.Count < ServiceLimits.LiveStreams)
                open.Add(await EventReading.Open(http, "/api/v1/live?every=10s"));

            (await client.Get("/api/v1/live")).Problem(429, "rate-limited");

            open[0].Dispose();
            open.RemoveAt(0);
            // The server notices shortly after that the stream has gone.
            await Eventually.True(() => TryOpen(http, open));
        }
        finally
        {
            foreach (var stream in open)
                stream.Dispose();
        }
    }

    /// <summary>20,000 connections take more descriptors than a test may have, so this reads what the server is told.</summary>
    [Fact]
    public async Task Connections_AreBoundedByTheServer()
    {
        using var socket = ListenSocket.Bind("--http", new IPEndPoint(IPAddress.Loopback, 0));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        WebServer.Use(builder, socket, certificate: null);
        await using var app = builder.Build();
        Assert.Equal(
            ServiceLimits.Connections, app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.MaxConcurrentConnections);
    }

    private static bool TryOpen(HttpClient http, List<EventReading> open)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/live?every=10s");
        using var response = http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).GetAwaiter().GetResult();
        return response.IsSuccessStatusCode && open.Count > 0;
    }
}
