using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Silo.Webhooks;

/// <summary>
/// Which addresses webhooks may be sent to: public ones; others, such as those of this machine and of private networks, where
/// they are allowed. An address counts as what it leads to: one of IPv6 that stands for one of IPv4 counts as that one.
/// </summary>
/// <param name="allowed">Networks that are allowed besides.</param>
/// <param name="allowsAll">Whether every address is.</param>
public sealed class TargetRule(IReadOnlyList<IPNetwork> allowed, bool allowsAll)
{
    // RFC 6890 and its updates: everything that is not for the public Internet.
    private static readonly IPNetwork[] SpecialV4 = Parse(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4");

    // Of IPv6, only this is for the public Internet, and of this not the special networks within.
    private static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] SpecialV6 = Parse("2001::/23", "2001:db8::/32", "3fff::/20");
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    /// <summary>Whether something may be sent to an address.</summary>
    public bool Allows(IPAddress address)
    {
        var meant = MeantBy(address);
        return allowsAll || allowed.Any(network => network.Contains(meant) || network.Contains(address)) || IsPublic(meant);
    }

    /// <summary>Says why nothing may be sent to a URL whose host is an address or <c>localhost</c>; null for other hosts.</summary>
    public string? RefusalOf(Uri url)
    {
        if (IPAddress.TryParse(url.DnsSafeHost, out var address))
            return Allows(address) ? null : Refusal(address);
        var isLocal = url.DnsSafeHost.TrimEnd('.') is var host
            && (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase));
        return isLocal && !Allows(IPAddress.Loopback) && !Allows(IPAddress.IPv6Loopback) ? Refusal(IPAddress.Loopback) : null;
    }

    /// <summary>The words for a refused address.</summary>
    public static string Refusal(IPAddress address) =>
        $"leads to {address}, which is not a public address; --webhook-allow allows others";

    /// <summary>The IPv4 address that one of IPv6 leads to; otherwise the address itself.</summary>
    private static IPAddress MeantBy(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        if (Translated.Contains(address))
            return new IPAddress(bytes.AsSpan(12));
        return SixToFour.Contains(address) ? new IPAddress(bytes.AsSpan(2, 4)) : address;
    }

    private static bool IsPublic(IPAddress address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => !Array.Exists(SpecialV4, network => network.Contains(address)),
        AddressFamily.InterNetworkV6 => GlobalV6.Contains(address) && !Array.Exists(SpecialV6, network => network.Contains(address)),
        _ => false,
    };

    private static IPNetwork[] Parse(params string[] networks) => [.. networks.Select(static text => IPNetwork.Parse(text))];
}
