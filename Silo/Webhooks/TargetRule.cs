using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Silo.Webhooks;

/// <summary>
/// Decides to which addresses webhooks may be sent: public ones, and others, such as those of this machine and of
/// private networks, only if allowed. An IPv6 address that embeds an IPv4 address counts as that one.
/// </summary>
/// <param name="allowed">Networks that are allowed in addition to public addresses.</param>
/// <param name="allowsAll">Whether every address is allowed.</param>
public sealed class TargetRule(IReadOnlyList<IPNetwork> allowed, bool allowsAll)
{
    // From RFC 6890 and its updates: everything that is not for the public Internet.
    private static readonly IPNetwork[] SpecialV4 = Parse(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4");

    // In IPv6, only this network is for the public Internet, except for the special networks within it.
    private static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] SpecialV6 = Parse("2001::/23", "2001:db8::/32", "3fff::/20");
    // Prefixes of addresses that embed an IPv4 address: NAT64 (RFC 6052) in the last four bytes, 6to4 (RFC 3056) in
    // bytes 2 to 5.
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    /// <summary>Returns whether webhooks may be sent to an address.</summary>
    public bool Allows(IPAddress address)
    {
        var meant = MeantBy(address);
        return allowsAll || allowed.Any(network => network.Contains(meant) || network.Contains(address)) || IsPublic(meant);
    }

    /// <summary>
    /// Returns why nothing may be sent to a URL whose host is an address or <c>localhost</c>; null if allowed, and for
    /// other hosts.
    /// </summary>
    public string? RefusalOf(Uri url)
    {
        if (IPAddress.TryParse(url.DnsSafeHost, out var address))
            return Allows(address) ? null : Refusal(address);
        var isLocal = url.DnsSafeHost.TrimEnd('.') is var host
            && (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase));
        return isLocal && !Allows(IPAddress.Loopback) && !Allows(IPAddress.IPv6Loopback) ? Refusal(IPAddress.Loopback) : null;
    }

    /// <summary>Returns the message for a refused address.</summary>
    public static string Refusal(IPAddress address) =>
        $"leads to {address}, which is not a public address; --webhook-allow allows others";

    /// <summary>Returns the IPv4 address embedded in an IPv6 address; otherwise the address itself.</summary>
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
