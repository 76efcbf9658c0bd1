using System.Net;
using System.Net.Sockets;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Worker.Processes.Forwarding;

/// <summary>
/// The hosts and ports that a command may reach, and to which of their addresses a connection may go.
/// </summary>
internal sealed class HostList
{
    // Where a cloud gives a machine its credentials, other than at link-local addresses: AWS and Google over IPv6,
    // and Alibaba.
    private static readonly IPAddress[] MetadataServices =
        [IPAddress.Parse("fd00:ec2::254"), IPAddress.Parse("fd20:ce::254"), IPAddress.Parse("100.100.100.200")];

    private readonly HashSet<HostPort> listed;

    private HostList(IEnumerable<HostPort> listed) => this.listed = [.. listed];

    /// <summary>Reads a list. Returns null and the first entry that is not <c>HOST:PORT</c>.</summary>
    internal static HostList? Parse(IReadOnlyList<string> entries, out string? fault)
    {
        fault = entries.FirstOrDefault(static entry => HostPort.Parse(entry) is null);
        return fault is null ? new(entries.Select(static entry => HostPort.Parse(entry)!.Value)) : null;
    }

    /// <summary>
    /// Whether a host and a port are listed. The address of a listed name is not listed with it, nor is a name with its
    /// address.
    /// </summary>
    internal bool Allows(HostPort target) => listed.Contains(target);

    /// <summary>Whether a host is listed with any port.</summary>
    internal bool Has(string host) => listed.Any(entry => entry.Host == host);

    /// <summary>
    /// Whether a connection to a listed host may go to one of its addresses. Whoever manages a name could make it point
    /// to the worker's own machine, whose services trust connections from it: those are only for <c>localhost</c> and
    /// for addresses that are listed as such.
    /// </summary>
    internal static bool MayReach(HostPort target, IPAddress address)
    {
        if (target.Address is not null || target.IsLocalhost) return true;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) || MetadataServices.Contains(address)) return false;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return !address.IsIPv6LinkLocal && !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any);
        var bytes = address.GetAddressBytes();
        // "This" network, link-local addresses such as those of a cloud's metadata, multicast and reserved ones.
        return bytes[0] is not 0 and < 224 && (bytes[0], bytes[1]) is not (169, 254);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Join(", ", listed.Select(static host => host.ToString()).Order(StringComparer.Ordinal));
}
