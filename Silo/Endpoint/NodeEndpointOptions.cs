using System.Net.Sockets;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Where remote workers connect.</summary>
public sealed class NodeEndpointOptions
{
    /// <summary>The socket, bound and not yet listening.</summary>
    public required Socket Socket { get; init; }

    /// <summary>
    /// Whether workers must prove who they are, by certificates of the service's own authority over TLS; if not, whoever can
    /// connect may be any node, in clear text.
    /// </summary>
    public bool AsksForCertificates { get; init; }
}
