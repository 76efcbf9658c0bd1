using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Silo.Engine;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Client.Tests.Hosting;

/// <summary>The sockets by which a gateway reaches silos.</summary>
public sealed class OrleansSocketsTests
{
    /// <summary>A peer whose buffers are full is to the system like one behind a broken network: its progress counts.</summary>
    [Fact]
    public async Task Connection_WhosePeerTakesNothing_Ends()
    {
        using var peer = new TcpListener(IPAddress.Loopback, 0);
        peer.Server.ReceiveBufferSize = 4096;
        peer.Start();
        using var sockets = new OrleansSockets(NullLoggerFactory.Instance);
        await using var connection = await sockets.ConnectAsync(peer.LocalEndpoint, TestContext.Current.CancellationToken);
        var ended = new TaskCompletionSource();
        using var closed = connection.ConnectionClosed.Register(ended.SetResult);

        // More than the system's buffers at both ends hold.
        await connection.Transport.Output.WriteAsync(new byte[64 << 20], TestContext.Current.CancellationToken);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Link_OfAGateway_UsesThem()
    {
        var services = new ServiceCollection();
        services.AddClusterLink(new ClusterTarget([new DnsEndPoint("127.0.0.1", 1)], null, null));
        var factory = Assert.Single(services, static service => service.ServiceType == typeof(IConnectionFactory));
        Assert.Equal(typeof(OrleansSockets), factory.KeyedImplementationType);
    }
}
