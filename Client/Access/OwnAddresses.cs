using System.Globalization;
using System.Net;
using OrleansTasks.Listening;

namespace OrleansTasks.Client.Access;

/// <summary>
/// Decides which Host and Origin headers name this gateway. Others are refused, so that a web page gets nothing by
/// calling the gateway, directly or through a host name rebound to its address (DNS rebinding).
/// </summary>
public sealed class OwnAddresses
{
    private readonly bool loopbackOnly;
    private readonly Uri? publicUrl;
    private readonly string machine;
    private volatile string? lastOwn;

    /// <summary>Creates the rules for a gateway that listens on the given address.</summary>
    public OwnAddresses(IPEndPoint listens, Uri? publicUrl, string machineName)
    {
        loopbackOnly = ListenAddress.IsLoopback(listens);
        this.publicUrl = publicUrl;
        machine = machineName;
    }

    /// <summary>
    /// Returns whether a Host header names this gateway: a loopback name with any port, or the public URL's host. A
    /// gateway that listens beyond loopback also accepts the machine's name and any IP address, because a rebound host
    /// name is neither.
    /// </summary>
    public bool IsOwnHost(HostString host)
    {
        if (!host.HasValue)
            return false;
        // Nearly all requests have the same Host header.
        if (host.Value == lastOwn)
            return true;
        if (!IsOwn(host))
            return false;
        lastOwn = host.Value;
        return true;
    }

    private bool IsOwn(HostString host)
    {
        var name = host.Host;
        if (!HasValidPort(host.Value.AsSpan(name.Length)))
            return false;
        if (IsLoopbackName(name) || (publicUrl is not null && IsAuthorityOf(publicUrl, host)))
            return true;
        return !loopbackOnly
            && (IPAddress.TryParse(name, out _) || name.Equals(machine, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>
    /// Returns whether an Origin header names this gateway: the scheme and Host of the same request, or the public URL.
    /// </summary>
    public bool IsOwnOrigin(string origin, string scheme, HostString host)
    {
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var url) || url.PathAndQuery != "/" || origin.EndsWith('/'))
            return false;
        if (publicUrl is not null && SameOrigin(url, publicUrl))
            return true;
        return Uri.TryCreate($"{scheme}://{host.Value}", UriKind.Absolute, out var own) && SameOrigin(url, own);
    }

    private static bool IsLoopbackName(string name)
    {
        if (name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase))
            return true;
        // Accept the usual notation only. IPAddress also parses forms such as "0x7f.1", which browsers rewrite before
        // they send them.
        return name.StartsWith('[') || name.Split('.').Length == 4
            ? IPAddress.TryParse(name.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)
            : false;
    }

    // HostString treats a port that is not a number as missing, and does not limit its range.
    private static bool HasValidPort(ReadOnlySpan<char> rest) => rest.IsEmpty
        || (rest[0] == ':' && ushort.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port > 0);

    private static bool IsAuthorityOf(Uri url, HostString host) =>
        host.Host.Equals(url.Host, StringComparison.OrdinalIgnoreCase)
        && (host.Port ?? (url.Scheme == "https" ? 443 : 80)) == url.Port;

    private static bool SameOrigin(Uri left, Uri right) =>
        left.Scheme == right.Scheme && left.Port == right.Port && left.Host.Equals(right.Host, StringComparison.OrdinalIgnoreCase);
}
