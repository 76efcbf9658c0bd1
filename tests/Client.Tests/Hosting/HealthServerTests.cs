using System.Net;
using OrleansTasks.Listening;
using OrleansTasks.Logs;
using OrleansTasks.Silo.Hosting;

namespace OrleansTasks.Client.Tests.Hosting;

/// <summary>What a silo on its own answers probes before it has joined. System.Tests asks one that has.</summary>
public sealed class HealthServerTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BeforeTheSiloRuns_ItIsAliveAndNotReady()
    {
        using var socket = ListenSocket.Bind("--health", new IPEndPoint(IPAddress.Loopback, 0));
        await using var server = await HealthServer.Start(socket, LogFormat.Text);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{socket.LocalEndPoint}") };
        Assert.Equal("alive\n", await http.GetStringAsync("/livez", Test));
        using var ready = await http.GetAsync("/readyz", Test);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("service: ", await ready.Content.ReadAsStringAsync(Test), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/metrics", Test)).StatusCode);
        using var posted = await http.PostAsync("/livez", null, Test);
        Assert.Equal(HttpStatusCode.NotFound, posted.StatusCode);
    }
}
