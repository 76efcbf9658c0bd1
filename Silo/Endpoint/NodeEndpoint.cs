using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using OrleansTasks.Silo.Trust;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>
/// The master's side of the worker plane on the network: gRPC in front of the <see cref="INodeService"/> that a local
/// worker calls directly. It is a separate web application that serves only gRPC.
/// </summary>
public sealed class NodeEndpoint : IHostedService, IAsyncDisposable
{
    /// <summary>The maximum number of concurrent calls on a connection.</summary>
    private const int MostStreams = 100;

    private const int StreamWindow = 2 * 1024 * 1024;
    private const int ConnectionWindow = 3 * 1024 * 1024;

    /// <summary>How long a connection may be silent before it is pinged, and how long the answer may take.</summary>
    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stopping = new();
    private readonly NodeTrust? trust;
    private readonly WebApplication application;
    private bool isDisposed;

    /// <summary>Builds the application. It does not listen yet.</summary>
    public NodeEndpoint(NodeEndpointOptions options, INodeService service, INodeGate gate, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(options);
        trust = services.GetService<NodeTrust>();
        Address = (IPEndPoint)options.Socket.LocalEndPoint!;
        var secure = trust is null ? null : NodeTls.Of(
            trust, services.GetRequiredService<CertificateGate>(), services.GetRequiredService<TimeProvider>());
        var loggers = services.GetRequiredService<ILoggerFactory>();
        application = Build(options.Socket, secure, loggers);
        var calls = new WorkerCalls(service, gate, trust, stopping.Token, loggers.CreateLogger<WorkerCalls>());
        application.MapGrpcService(calls.Define()).DisableHttpMetrics();
    }

    /// <summary>The address at which it listens.</summary>
    public IPEndPoint Address { get; }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (trust is not null)
            await trust.Open();
        await application.StartAsync(cancellationToken);
    }

    /// <summary>Ends every stream, lets other calls finish, and closes all connections.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        stopping.Cancel();
        await application.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        stopping.Cancel();
        await application.DisposeAsync();
        stopping.Dispose();
    }

    private WebApplication Build(Socket socket, Action<ListenOptions>? secure, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost
            .UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .UseSockets(transport =>
            {
                transport.NoDelay = true;
                transport.CreateBoundListenSocket = endpoint =>
                    // Uses the socket that was bound before the start.
                    endpoint.Equals(Address) ? socket : SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            })
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                Limit(kestrel.Limits);
                kestrel.Listen(Address, listen =>
                {
                    listen.Protocols = HttpProtocols.Http2;
                    secure?.Invoke(listen);
                });
            });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(new BlockPool());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        // Without listeners, because workers' calls are not traced as requests.
        builder.Services.AddSingleton(new ActivitySource(nameof(NodeEndpoint)));
        builder.Services.AddSingleton(new DiagnosticListener(nameof(NodeEndpoint)));
        builder.Services.AddGrpc();
        // After AddGrpc, which adds gzip if no compression is configured.
        builder.Services.Configure<GrpcServiceOptions>(static grpc =>
        {
            grpc.MaxReceiveMessageSize = NodeServiceMethods.LargestMessage;
            grpc.CompressionProviders.Clear();
        });
        return builder.Build();
    }

    private static void Limit(KestrelServerLimits limits)
    {
        // Streams are silent while there is nothing to send; pings detect dead ones.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.MaxRequestBodySize = null;
        // Bounds the memory of each connection: its calls, and its window of bytes that were received but not read.
        // These are in blocks of 64 KiB, at least one for each call that has any.
        limits.MaxConcurrentConnections = ServiceLimits.WorkerConnections;
        limits.Http2.MaxStreamsPerConnection = MostStreams;
        limits.Http2.InitialStreamWindowSize = StreamWindow;
        limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
        limits.Http2.KeepAlivePingDelay = Ping;
        limits.Http2.KeepAlivePingTimeout = Ping;
    }

    /// <summary>Makes the application start and stop with its host, not by signals of its own.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
