using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Listening;

/// <summary>
/// Defines what counts as one peer: an IPv4 address, or an IPv6 network of 64 bits, the usual assignment to one
/// customer.
/// </summary>
public static class PeerNetwork
{
    /// <summary>Returns the peer of an address; <see cref="IPAddress.None"/> without an address.</summary>
    public static IPAddress Of(IPAddress? address)
    {
        if (address is null)
            return IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
