using System.Net.Sockets;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Options of the endpoint where remote workers connect.</summary>
public sealed class NodeEndpointOptions
{
    /// <summary>The bound socket, which does not listen yet.</summary>
    public required Socket Socket { get; init; }

    /// <summary>
    /// Whether workers must authenticate with certificates of the service's own authority, over TLS. If not, anyone who
    /// can connect can act as any node, in clear text.
    /// </summary>
    public bool AsksForCertificates { get; init; }
}
