using System.Net.Security;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Link;

/// <summary>Configures which master a <see cref="MasterChannel"/> calls, and how.</summary>
public sealed class MasterChannelOptions
{
    /// <summary>
    /// The address: <c>http://host:port</c> for HTTP/2 in clear text, <c>https://host:port</c> for TLS.
    /// </summary>
    public required Uri Address { get; init; }

    /// <summary>The TLS options for https: which servers to trust and which certificate to present.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>The version of the worker plane that every call declares.</summary>
    public string Version { get; init; } = NodeServiceMethods.Version;

    /// <summary>How long connecting may take, including TLS, before a call that needs the connection fails.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
