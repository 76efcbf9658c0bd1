using System.Net.Security;

namespace OrleansTasks.Grpc.Client;

/// <summary>Whom a <see cref="GrpcChannel"/> calls, and how.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary><c>http://host:port</c> for HTTP/2 in clear text, <c>https://host:port</c> for TLS.</summary>
    public required Uri Address { get; init; }

    /// <summary>Whom to trust and what to show, with https.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Sent with every call, beside its message.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; } = [];

    /// <summary>The most bytes of one message that is taken.</summary>
    public int LargestMessage { get; init; } = 16 * 1024 * 1024;

    /// <summary>How long a connection may take to be made, TLS included; a call that needs it fails then.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection may be silent before it is asked whether it still lives.</summary>
    public TimeSpan PingAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the answer may take before the connection is given up.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
