using System.Net.Security;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Link;

/// <summary>Whom a <see cref="MasterChannel"/> calls, and how.</summary>
public sealed class MasterChannelOptions
{
    /// <summary><c>http://host:port</c> for HTTP/2 in clear text, <c>https://host:port</c> for TLS.</summary>
    public required Uri Address { get; init; }

    /// <summary>Whom to trust and what to show, with https.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>The version of the worker plane that every call names.</summary>
    public string Version { get; init; } = NodeServiceMethods.Version;

    /// <summary>How long a connection may take to be made, TLS included; a call that needs it fails then.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
