using System.Net;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Startup;

namespace OrleansTasks.Client.Hosting;

/// <summary>
/// The options of a gateway. Each value is valid by itself, but not every combination is.
/// </summary>
public sealed record GatewayOptions : ServiceOptions
{
    /// <summary>The address at which the HTTP gateway listens; port 0 means any free port.</summary>
    public required IPEndPoint Http { get; init; }

    /// <summary>The address at which browsers reach the gateway, if it differs from <see cref="Http"/>.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>The reverse proxies whose word on a caller's address counts.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>The certificate's PEM file; null for no TLS.</summary>
    public string? TlsCert { get; init; }

    /// <summary>The PEM file with the certificate's key.</summary>
    public string? TlsKey { get; init; }

    /// <summary>The silos of a separate gateway; null if the silo is in this process.</summary>
    public ClusterTarget? Target { get; init; }
}
