using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Silo.Trust;

/// <summary>
/// Bounds how often joining may be tried in vain: ten times a minute from one address (of IPv6: one network of 64 bits), a hundred
/// times in all. Tokens cannot be guessed in any time; this keeps guessing from costing anything.
/// </summary>
internal sealed class JoinLimiter(TimeProvider time)
{
    /// <summary>Failures a minute from one address.</summary>
    internal const int FromOne = 10;

    /// <summary>Failures a minute in all, which also bounds what is remembered.</summary>
    internal const int InAll = 100;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Queue<(long At, IPAddress Peer)> failures = new();

    /// <summary>Whether another try from there is taken.</summary>
    internal bool MayTry(IPAddress? peer)
    {
        var from = NetworkOf(peer);
        lock (failures)
        {
            while (failures.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= Window)
                failures.Dequeue();
            return failures.Count < InAll && failures.Count(failure => failure.Peer.Equals(from)) < FromOne;
        }
    }

    /// <summary>A try from there has failed.</summary>
    internal void Failed(IPAddress? peer)
    {
        lock (failures)
        {
            if (failures.Count < InAll)
                failures.Enqueue((time.GetTimestamp(), NetworkOf(peer)));
        }
    }

    private static IPAddress NetworkOf(IPAddress? peer)
    {
        if (peer is null)
            return IPAddress.None;
        if (peer.IsIPv4MappedToIPv6)
            return peer.MapToIPv4();
        if (peer.AddressFamily != AddressFamily.InterNetworkV6)
            return peer;
        var bytes = peer.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
