using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Worker.Hosting;

/// <summary>Parses the address of a master: <c>HOST:PORT</c>, with IPv6 in brackets.</summary>
public static class MasterAddress
{
    /// <summary>The default address of a service on this machine.</summary>
    public const string Default = "127.0.0.1:50051";

    /// <summary>Parses an address. Returns false if it is invalid.</summary>
    public static bool TryParse(string text, out Uri address)
    {
        address = null!;
        var colon = text.LastIndexOf(':');
        if (colon <= 0
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            return false;
        var host = text[..colon];
        var isBracketed = host.StartsWith('[') && host.EndsWith(']');
        var isAddress = IPAddress.TryParse(isBracketed ? host[1..^1] : host, out var ip);
        if (isBracketed != (isAddress && ip!.AddressFamily == AddressFamily.InterNetworkV6))
            return false;
        if (!isAddress && Uri.CheckHostName(host) != UriHostNameType.Dns)
            return false;
        address = new UriBuilder(Uri.UriSchemeHttp, host, port).Uri;
        return true;
    }
}
