using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansTasks.Cluster.Link;

namespace OrleansTasks.Client.Tests.Hosting;

/// <summary>
/// The sockets between gateways and silos. A peer whose buffers are full is to the system like one behind a broken
/// network: neither makes progress.
/// </summary>
public sealed class OrleansSocketsTests
{
    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ConnectionToASilo_WhosePeerTakesNothing_Ends()
    {
        using var peer = new TcpListener(IPAddress.Loopback, 0);
        peer.Server.ReceiveBufferSize = 4096;
        peer.Start();
        using var sockets = new OrleansSockets.Connector(NullLoggerFactory.Instance);
        await using var connection = await sockets.ConnectAsync(peer.LocalEndpoint, Ending);
        await Ends(connection);
    }

    [Fact]
    public async Task ConnectionOfAGateway_WhosePeerTakesNothing_Ends()
    {
        var ports = Options.Create(new EndpointOptions { GatewayListeningEndpoint = new IPEndPoint(IPAddress.Loopback, 0) });
        await using var listener = await new OrleansSockets.Listener(null!, ports, NullLoggerFactory.Instance)
            .BindAsync(ports.Value.GatewayListeningEndpoint!, Ending);
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await peer.ConnectAsync(listener.EndPoint, Ending);
        await using var connection = await listener.AcceptAsync(Ending);
        await Ends(connection!);
    }

    [Fact]
    public void Link_OfAGateway_UsesThem()
    {
        var services = new ServiceCollection();
        services.AddClusterLink(new ClusterTarget([new DnsEndPoint("127.0.0.1", 1)], null, null));
        var factory = Assert.Single(services, static service => service.ServiceType == typeof(IConnectionFactory));
        Assert.Equal(typeof(OrleansSockets.Connector), factory.KeyedImplementationType);
    }

    private static async Task Ends(ConnectionContext connection)
    {
        var ended = new TaskCompletionSource();
        using var closed = connection.ConnectionClosed.Register(ended.SetResult);

        // More than the system's buffers at both ends hold.
        await connection.Transport.Output.WriteAsync(new byte[64 << 20], Ending);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Ending);
    }
}
