using System.Globalization;
using System.Net;

namespace OrleansTasks.Cluster.Link;

/// <summary>
/// Parses a silo's address for gateways: <c>HOST:PORT</c>, with a name or an IP address, and IPv6 in brackets.
/// </summary>
public static class SiloEndpoint
{
    /// <summary>The description of the format, for messages.</summary>
    public const string Expected = "HOST:PORT with a host name or address and a port from 1 to 65535, such as 127.0.0.1:30000";

    /// <summary>The address at which a silo listens for gateways by default.</summary>
    public const string Near = "127.0.0.1:30000";

    /// <summary>Parses the text. Returns null if it is not an address. Does not resolve the host.</summary>
    public static DnsEndPoint? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.LastIndexOf(':');
        if (colon <= 0
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            return null;
        var host = text[..colon];
        var bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (bracketed)
            host = host[1..^1];
        var isFit = Uri.CheckHostName(host) switch
        {
            UriHostNameType.IPv6 => bracketed,
            UriHostNameType.Dns or UriHostNameType.IPv4 => !bracketed,
            _ => false,
        };
        return isFit ? new DnsEndPoint(host, port) : null;
    }
}
