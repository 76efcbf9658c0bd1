using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OrleansTasks.Grpc.Server;

/// <summary>Where and how a <see cref="GrpcListener"/> listens.</summary>
public sealed class GrpcListenerOptions
{
    /// <summary>The socket, bound and not yet listening; the listener closes it.</summary>
    public required Socket Socket { get; init; }

    /// <summary>Puts TLS in front, and whatever else is to see a connection first; null: HTTP/2 in clear text.</summary>
    public Action<ListenOptions>? Secure { get; init; }

    /// <summary>The most connections at a time; those beyond it are closed at once.</summary>
    public long MostConnections { get; init; } = 20_000;

    /// <summary>How long a connection may be silent before it is asked whether it still lives.</summary>
    public TimeSpan PingAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the answer may take before the connection is closed.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
