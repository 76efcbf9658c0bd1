using System.Globalization;
using System.Net;

namespace OrleansTasks.Silo.Hosting;

/// <summary>Reads where to listen: <c>ADDRESS:PORT</c>, the address an IP address or <c>localhost</c>; IPv6 in brackets.</summary>
public static class ListenAddress
{
    /// <summary>What an address looks like, for messages.</summary>
    public const string Takes = "ADDRESS:PORT: an IP address or localhost, and a port from 0 (any free one) to 65535, "
        + "such as 127.0.0.1:9092 or [::1]:9092";

    /// <summary>Reads the text form; false on anything else.</summary>
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

        // IPAddress also reads "127.1" and plain numbers; here an address has its usual form.
        if (!IPAddress.TryParse(host, out var ip) || (ip.GetAddressBytes().Length == 16) != bracketed
            || (!bracketed && host.Split('.').Length != 4))
            return false;
        address = new IPEndPoint(ip, port);
        return true;
    }

    /// <summary>Whether only this machine can reach the address.</summary>
    public static bool IsLoopback(IPEndPoint address) =>
        IPAddress.IsLoopback(address.Address.IsIPv4MappedToIPv6 ? address.Address.MapToIPv4() : address.Address);
}
