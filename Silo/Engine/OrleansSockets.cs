using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Connects a gateway to silos by sockets that notice a broken network. The system alone would send unacknowledged
/// bytes again for a quarter of an hour, and Orleans would put more behind them; here the connection ends after
/// <see cref="SilenceLimit"/>, so that the gateway goes on through another silo. Keep-alive does not help, because the
/// system sends none while bytes are unacknowledged.
/// </summary>
internal sealed class OrleansSockets(ILoggerFactory loggers) : IConnectionFactory, IDisposable
{
    /// <summary>How long a silo's machine may acknowledge nothing, neither bytes nor a probe of an idle connection.</summary>
    internal static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(4);

    // Of Linux' tcp.h; .NET has no name for it.
    private const int TcpUserTimeout = 18;

    private readonly SocketConnectionContextFactory connections = new(
        // Orleans bounds neither direction; a bound would delay its answers to a slow reader.
        new SocketConnectionFactoryOptions { MaxReadBufferSize = null, MaxWriteBufferSize = null },
        loggers.CreateLogger("OrleansTasks.Sockets"));

    /// <summary>Replaces the sockets of the Orleans client in <paramref name="services"/>.</summary>
    internal static void Use(IServiceCollection services)
    {
        // Orleans' key is its own, so it is taken from what it registered.
        var own = services.Single(static service => service is { IsKeyedService: true } && service.ServiceType == typeof(IConnectionFactory));
        services.Remove(own);
        services.AddKeyedSingleton<IConnectionFactory, OrleansSockets>(own.ServiceKey);
    }

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            socket.LingerState = new LingerOption(true, 0);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 2);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
            if (OperatingSystem.IsLinux())
                socket.SetRawSocketOption(
                    (int)SocketOptionLevel.Tcp, TcpUserTimeout, BitConverter.GetBytes((int)SilenceLimit.TotalMilliseconds));
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
