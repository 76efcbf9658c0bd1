using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Listening;

/// <summary>
/// Parses an address to listen on, <c>ADDRESS:PORT</c>: an IPv4 address such as 127.0.0.1, an IPv6 address in brackets,
/// or <c>localhost</c>, which means 127.0.0.1.
/// </summary>
public static class ListenAddress
{
    /// <summary>The description of the format, for messages.</summary>
    public const string Expected = "ADDRESS:PORT with an IP address or localhost and a port from 0 (any free one) to 65535, "
        + "such as 127.0.0.1:9092 or [::1]:9092";

    /// <summary>Parses the text. Returns false if it is not an address.</summary>
    public static bool TryParse(string text, out IPEndPoint address)
    {
        address = new IPEndPoint(IPAddress.Loopback, 0);
        var colon = text.LastIndexOf(':');
        if (colon <= 0
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return false;
        var host = text[..colon];
        var bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (bracketed)
            host = host[1..^1];
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) && !bracketed)
        {
            address.Port = port;
            return true;
        }

        // IPAddress also reads 127.1, 010.0.0.1 and 0x7f.0.0.1, and brackets within the brackets.
        if (!IPAddress.TryParse(host, out var ip) || (ip.AddressFamily == AddressFamily.InterNetworkV6) != bracketed
            || (bracketed ? host.AsSpan().ContainsAny("[]/") : host != ip.ToString()))
            return false;
        address = new IPEndPoint(ip, port);
        return true;
    }

    /// <summary>Returns whether only this machine can reach the address.</summary>
    public static bool IsLoopback(IPEndPoint address) =>
        IPAddress.IsLoopback(address.Address.IsIPv4MappedToIPv6 ? address.Address.MapToIPv4() : address.Address);

    /// <summary>
    /// Returns the address for others to connect to. If the process listens on every address, that is this machine's
    /// name and the port.
    /// </summary>
    public static string Reachable(IPEndPoint listens)
    {
        ArgumentNullException.ThrowIfNull(listens);
        return listens.Address.Equals(IPAddress.Any) || listens.Address.Equals(IPAddress.IPv6Any)
            ? $"{Environment.MachineName}:{listens.Port}"
            : listens.ToString();
    }
}
