using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Worker.Hosting;

/// <summary>Reads whom to work for: <c>HOST:PORT</c>, IPv6 in brackets.</summary>
public static class MasterAddress
{
    /// <summary>The service on this machine, as it listens by default.</summary>
    public const string Default = "127.0.0.1:50051";

    /// <summary>Reads the text form; false on anything else.</summary>
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
