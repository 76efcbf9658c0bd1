using System.Globalization;
using System.Net;

namespace OrleansTasks.Silo.Hosting;

/// <summary>Reads where a silo meets its gateways: <c>HOST:PORT</c>, the host a name or an IP address; IPv6 in brackets.</summary>
public static class SiloEndpoint
{
    /// <summary>What an address looks like, for messages.</summary>
    public const string Takes = "HOST:PORT: a host's name or address, and a port from 1 to 65535, such as 127.0.0.1:30000";

    /// <summary>Reads the text form; null for anything else. Whether there is such a host is not asked.</summary>
    public static DnsEndPoint? Parse(string text)
    {
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
