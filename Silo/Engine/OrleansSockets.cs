using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Makes both ends of the connections between gateways and silos notice a broken network. The system alone would send
/// unacknowledged bytes again for a quarter of an hour, and Orleans would put more behind them; here the connection ends
/// after <see cref="SilenceLimit"/>. Then the gateway goes on through another silo, and the silo sends its answers there.
/// Keep-alive does not help, because the system sends none while bytes are unacknowledged. Connections between silos need
/// none of this: their members declare a silent one dead.
/// </summary>
internal static class OrleansSockets
{
    /// <summary>How long the other machine may acknowledge nothing, neither bytes nor a probe of an idle connection.</summary>
    internal static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(4);

    // How long a silo keeps answers for a gateway that is gone from it, instead of sending them through another silo. The
    // gateway has sent its calls again by then.
    private static readonly TimeSpan DropTimeout = TimeSpan.FromSeconds(1);

    // Of Linux' tcp.h; .NET has no name for it.
    private const int TcpUserTimeout = 18;

    /// <summary>Sets a gateway's connections to silos up.</summary>
    internal static void Use(IClientBuilder client)
    {
        // Orleans keeps its keys to itself, so they are taken from what it registered.
        var own = client.Services.Single(static service => service.ServiceType == typeof(IConnectionFactory));
        client.Services.Remove(own);
        client.Services.AddKeyedSingleton<IConnectionFactory, Connector>(own.ServiceKey);
        client.Configure<ConnectionOptions>(static options => options.OpenConnectionTimeout = SilenceLimit);
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

    private static Socket SetUp(Socket socket)
    {
        socket.NoDelay = true;
        socket.LingerState = new LingerOption(true, 0);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 2);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(
                (int)SocketOptionLevel.Tcp, TcpUserTimeout, BitConverter.GetBytes((int)SilenceLimit.TotalMilliseconds));
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
            var socket = SetUp(new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
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
                CreateBoundListenSocket = static endpoint => SetUp(SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint)),
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
