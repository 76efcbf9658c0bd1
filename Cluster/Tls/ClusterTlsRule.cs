using System.Net;
using OrleansTasks.Listening;

namespace OrleansTasks.Cluster.Tls;

/// <summary>Decides which connections between silos, and between gateways and silos, use TLS.</summary>
/// <param name="Asked">Whether all do; null for those to a silo's address beyond loopback.</param>
public readonly record struct ClusterTlsRule(bool? Asked)
{
    /// <summary>
    /// Returns whether connections to a silo use TLS. Both ends get the same answer, because both know the address at
    /// which the silo was reached.
    /// </summary>
    public bool Covers(EndPoint? silo) => Asked ?? silo is not IPEndPoint address || !ListenAddress.IsLoopback(address);

    /// <summary>The same for a silo that a gateway was given by host name, which is not resolved.</summary>
    public bool Covers(DnsEndPoint silo) =>
        IPAddress.TryParse(silo.Host, out var address)
            ? Covers(new IPEndPoint(address, silo.Port))
            : Asked ?? !silo.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
}
