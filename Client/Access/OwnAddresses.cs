using System.Globalization;
using System.Net;
using OrleansTasks.Silo.Hosting;

namespace OrleansTasks.Client.Access;

/// <summary>
/// Which Host and Origin headers name this gateway. Others are refused, so that a web page which was given a name that points
/// here (DNS rebinding), or that just calls here, gets nothing.
/// </summary>
public sealed class OwnAddresses
{
    private readonly bool loopbackOnly;
    private readonly Uri? publicUrl;
    private readonly string machine;
    private volatile string? lastOwn;

    /// <summary>Makes the rule for a gateway that listens on an address.</summary>
    public OwnAddresses(IPEndPoint listens, Uri? publicUrl, string machineName)
    {
        loopbackOnly = ListenAddress.IsLoopback(listens);
        this.publicUrl = publicUrl;
        machine = machineName;
    }

    /// <summary>
    /// Whether a Host header is own: a loopback name with any port, or the public URL's. A gateway that listens beyond loopback
    /// also knows the machine's name and any IP address: a rebound name is never one.
    /// </summary>
    public bool IsOwnHost(HostString host)
    {
        if (!host.HasValue)
            return false;
        // Nearly every request of a client has the same one.
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

    /// <summary>Whether an Origin header is own: the scheme and Host of the very request, or the public URL.</summary>
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
        // Only the usual form: what IPAddress also reads, such as "0x7f.1", a browser would have rewritten.
        return name.StartsWith('[') || name.Split('.').Length == 4
            ? IPAddress.TryParse(name.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)
            : false;
    }

    // HostString reads a port that is no number as none, and does not bound it.
    private static bool HasValidPort(ReadOnlySpan<char> rest) => rest.IsEmpty
        || (rest[0] == ':' && ushort.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port > 0);

    private static bool IsAuthorityOf(Uri url, HostString host) =>
        host.Host.Equals(url.Host, StringComparison.OrdinalIgnoreCase)
        && (host.Port ?? (url.Scheme == "https" ? 443 : 80)) == url.Port;

    private static bool SameOrigin(Uri left, Uri right) =>
        left.Scheme == right.Scheme && left.Port == right.Port && left.Host.Equals(right.Host, StringComparison.OrdinalIgnoreCase);
}
