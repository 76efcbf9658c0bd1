using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace OrleansTasks.Grpc.Server;

/// <summary>What a handler may know of the call that it answers.</summary>
public sealed class GrpcServerCall
{
    private readonly HttpContext context;

    internal GrpcServerCall(HttpContext context, CancellationToken cancellation) =>
        (this.context, Cancellation) = (context, cancellation);

    /// <summary><c>/package.Service/Method</c>.</summary>
    public string Method => context.Request.Path.Value!;

    /// <summary>Cancelled when the caller has given up or is gone, when its deadline is over, or when the server stops.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Where the caller calls from.</summary>
    public IPAddress? Peer => context.Connection.RemoteIpAddress;

    /// <summary>The certificate that the caller's connection was opened with, if it had one.</summary>
    public X509Certificate2? Certificate => context.Connection.ClientCertificate;

    /// <summary>A value that the caller sent beside its messages; null when it sent none of that name.</summary>
    public string? Metadata(string name) =>
        context.Request.Headers.TryGetValue(name, out var values) && values.Count > 0 ? values[^1] : null;
}
