using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansTasks.Grpc.Server;

/// <summary>A web server that answers gRPC and nothing else.</summary>
public sealed class GrpcListener : IAsyncDisposable
{
    private const int MostStreams = 100;
    private const int StreamWindow = 2 * 1024 * 1024;
    private const int ConnectionWindow = 3 * 1024 * 1024;
    private readonly CancellationTokenSource stopping = new();
    private readonly KestrelServer server;
    private readonly GrpcServer application;
    private bool isDisposed;

    /// <summary>Makes it; it does not listen yet.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="routes">What it answers.</param>
    /// <param name="statusOf">The status of an exception that the application knows; null: it does not.</param>
    /// <param name="services">The host's services, of which TLS takes its logging.</param>
    public GrpcListener(
        GrpcListenerOptions options, GrpcRoutes routes, Func<Exception, GrpcException?> statusOf, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(options);
        var loggers = services.GetRequiredService<ILoggerFactory>();
        Address = (IPEndPoint)options.Socket.LocalEndPoint!;
        var kestrel = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        Limit(kestrel.Limits, options);
        kestrel.Listen(Address, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            options.Secure?.Invoke(listen);
        });
        server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Transport(options.Socket), loggers), loggers);
        application = new GrpcServer(
            routes, statusOf, services.GetService<TimeProvider>() ?? TimeProvider.System, stopping.Token,
            loggers.CreateLogger<GrpcServer>());
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    /// <summary>Begins to listen.</summary>
    /// <exception cref="IOException">Somebody else listens there.</exception>
    public Task StartAsync(CancellationToken cancellation) => server.StartAsync(application, cancellation);

    /// <summary>Ends every stream, lets other calls end, and closes all connections.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        await stopping.CancelAsync();
        await server.StopAsync(cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        await StopAsync(new CancellationToken(canceled: true));
        server.Dispose();
        stopping.Dispose();
    }

    /// <summary>The transport of the listening socket; it takes its memory pool from services alone.</summary>
    private IOptions<SocketTransportOptions> Transport(Socket socket)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseSockets(transport =>
        {
            transport.NoDelay = true;
            transport.CreateBoundListenSocket = endpoint =>
                endpoint.Equals(Address) ? socket : SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        });
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(new BlockPool());
        using var services = builder.Services.BuildServiceProvider();
        return Options.Create(services.GetRequiredService<IOptions<SocketTransportOptions>>().Value);
    }

    private static void Limit(KestrelServerLimits limits, GrpcListenerOptions options)
    {
        // Streams are silent for as long as there is nothing to say; the pings tell the silent from the dead.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.MaxRequestBodySize = null;
        // One peer's connection has at most so many calls, and its window of bytes that were not read yet. They lie in blocks of 64 KiB,
        // at least one for each call that has any.
        limits.MaxConcurrentConnections = options.MostConnections;
        limits.Http2.MaxStreamsPerConnection = MostStreams;
        limits.Http2.InitialStreamWindowSize = StreamWindow;
        limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
        limits.Http2.KeepAlivePingDelay = options.PingAfter;
        limits.Http2.KeepAlivePingTimeout = options.PingTimeout;
    }
}
