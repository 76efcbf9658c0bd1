using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace OrleansTasks.Cluster.Link;

/// <summary>
/// Makes both ends of the connections between gateways and silos notice a broken network. The system alone would send
/// unacknowledged bytes again for a quarter of an hour, and Orleans would put more behind them. Here the connection ends
/// when the other machine has acknowledged nothing for some seconds, neither bytes nor a probe of an idle connection.
/// Keep-alive alone does not help, because the system sends no probes while bytes are unacknowledged. Connections between
/// silos need none of this: a silent member is declared dead.
/// </summary>
internal static class OrleansSockets
{
    // A silo keeps answers for a gateway until it has noticed that it does not reach it; then it sends them through other
    // silos. So the silo notices it first, and the gateway sends its calls through another silo when the answers arrive.
    private static readonly TimeSpan SilenceOfGateway = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan DropTimeout = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan SilenceOfSilo = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    // Of Linux' tcp.h; .NET has no name for it.
    private const int TcpUserTimeout = 18;

    /// <summary>Sets a gateway's connections to silos up.</summary>
    internal static void Use(IClientBuilder client)
    {
        // Orleans keeps its keys to itself, so they are taken from what it registered.
        var own = client.Services.Single(static service => service.ServiceType == typeof(IConnectionFactory));
        client.Services.Remove(own);
        client.Services.AddKeyedSingleton<IConnectionFactory, Connector>(own.ServiceKey);
        client.Configure<ConnectionOptions>(static options => options.OpenConnectionTimeout = ConnectTimeout);
    }

    /// <summary>Sets a silo's connections to gateways up.</summary>
    internal static void Use(ISiloBuilder silo)
    {
        foreach (var own in silo.Services.Where(static service => service.ServiceType == typeof(IConnectionListenerFactory)).ToArray())
        {
            silo.Services.Remove(own);
            silo.Services.AddKeyedSingleton<IConnectionListenerFactory>(own.ServiceKey, (services, key) => new Listener(
                (IConnectionListenerFactory)own.KeyedImplementationFactory!(services, key),
                services.GetRequiredService<IOptions<EndpointOptions>>(), services.GetRequiredService<ILoggerFactory>()));
        }

        silo.Configure<SiloMessagingOptions>(static options => options.ClientDropTimeout = DropTimeout);
    }

    private static Socket SetUp(Socket socket, TimeSpan silence)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 1);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(
                (int)SocketOptionLevel.Tcp, TcpUserTimeout, BitConverter.GetBytes((int)silence.TotalMilliseconds));
        return socket;
    }

    /// <summary>Connects a gateway to silos.</summary>
    internal sealed class Connector(ILoggerFactory loggers) : IConnectionFactory, IDisposable
    {
        // As Orleans does, without bounds.
        private readonly SocketConnectionContextFactory connections = new(
            new SocketConnectionFactoryOptions { MaxReadBufferSize = null, MaxWriteBufferSize = null },
            loggers.CreateLogger(typeof(OrleansSockets)));

        /// <inheritdoc/>
        public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            var socket = SetUp(new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp), SilenceOfSilo);
            try
            {
                await socket.ConnectAsync(endpoint, cancellationToken);
                return connections.Create(socket);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        /// <inheritdoc/>
        public void Dispose() => connections.Dispose();
    }

    /// <summary>Accepts gateways, and leaves other silos to <paramref name="own"/>.</summary>
    internal sealed class Listener(IConnectionListenerFactory own, IOptions<EndpointOptions> ports, ILoggerFactory loggers)
        : IConnectionListenerFactory
    {
        // Connections have the options of the socket that accepts them.
        private readonly SocketTransportFactory gateways = new(
            Options.Create(new SocketTransportOptions
            {
                MaxReadBufferSize = null,
                MaxWriteBufferSize = null,
                CreateBoundListenSocket = static endpoint =>
                    SetUp(SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint), SilenceOfGateway),
            }),
            loggers);

        /// <inheritdoc/>
        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            var port = ports.Value.GatewayListeningEndpoint?.Port ?? ports.Value.GatewayPort;
            return (((IPEndPoint)endpoint).Port == port ? gateways : own).BindAsync(endpoint, cancellationToken);
        }
    }
}
