using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Hosting;

/// <summary>Configures Kestrel.</summary>
internal static class WebServer
{
    /// <summary>The maximum time for the headers, and for a body to stall.</summary>
    public static readonly TimeSpan StallLimit = ServiceLimits.BodyStall;

    private const double LeastBytesPerSecond = 240;
    private const int MostConnections = ServiceLimits.Connections;

    // Bytes that Kestrel reads ahead of the application. Its own default of 1 MiB a connection is more than the budget
    // of bodies allows.
    private const int ReadAhead = 256 * 1024;

    // Bytes that the kernel takes of an answer before its reader does, doubled by the kernel. By itself it takes up to
    // 4 MiB a connection. This allows 10 MB a second at a round trip of 100 ms.
    private const int SendBuffer = 512 * 1024;

    /// <summary>Serves on an already bound socket; with a certificate, over HTTPS including HTTP/2.</summary>
    public static void Use(WebApplicationBuilder builder, Socket bound, X509Certificate2? certificate)
    {
        var address = (IPEndPoint)bound.LocalEndPoint!;
        // Accepted sockets inherit it.
        bound.SendBufferSize = SendBuffer;
        builder.WebHost.UseKestrelCore();
        if (certificate is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddSingleton<Http2Places>();
        builder.Services.Configure<SocketTransportOptions>(options =>
            options.CreateBoundListenSocket = endpoint =>
                endpoint.Equals(address) ? bound : SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint));
        builder.Services.Configure<KestrelServerOptions>(options =>
        {
            Limit(options);
            options.Listen(address, listen =>
            {
                // Without TLS, no handshake negotiates the HTTP version, and browsers and curl speak 1.1.
                listen.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
                if (certificate is not null)
                    options.ApplicationServices.GetRequiredService<Http2Places>().Use(listen, certificate);
                listen.UseProblemBodies();
            });
        });
    }

    private static void Limit(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.Limits.RequestHeadersTimeout = StallLimit;
        options.Limits.MaxConcurrentConnections = MostConnections;
        options.LeaveBodyBounds();
        options.Limits.MaxRequestBufferSize = ReadAhead;
        options.Limits.Http2.MaxStreamsPerConnection = ServiceLimits.Http2Streams;
        options.Limits.Http2.InitialStreamWindowSize = ReadAhead;
        options.Limits.Http2.InitialConnectionWindowSize = 2 * ReadAhead;
        options.Limits.MinRequestBodyDataRate = new MinDataRate(LeastBytesPerSecond, StallLimit);
    }
}
