using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Where remote workers connect.</summary>
public sealed class NodeEndpointOptions
{
    /// <summary>The socket, bound and not yet listening.</summary>
    public required Socket Socket { get; init; }

    /// <summary>Puts TLS in front; null: HTTP/2 in clear text.</summary>
    public Action<ListenOptions>? Secure { get; init; }
}
