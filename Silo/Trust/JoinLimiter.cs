using System.Net;

namespace OrleansTasks.Silo.Trust;

/// <summary>
/// Limits failed attempts to join to ten a minute per peer, so that one peer cannot fill the log or make the service verify requests
/// for nothing. Tokens need no such protection: they cannot be guessed.
/// </summary>
internal sealed class JoinLimiter(TimeProvider time)
{
    /// <summary>Failures a minute of one peer.</summary>
    internal const int FromOne = ServiceLimits.JoinFailures;

    /// <summary>The most failures that are remembered, of all peers. Beyond this, the oldest one is forgotten.</summary>
    internal const int MostRemembered = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Queue<(long At, IPAddress Peer)> failures = new();
    private readonly Dictionary<IPAddress, int> counts = [];

    /// <summary>Whether the peer has failures left.</summary>
    internal bool MayTry(IPAddress? peer)
    {
        lock (failures)
        {
            while (failures.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= Window)
                Forget();
            return counts.GetValueOrDefault(PeerNetwork.Of(peer)) < FromOne;
        }
    }

    /// <summary>A try of the peer has failed.</summary>
    internal void Failed(IPAddress? peer)
    {
        var network = PeerNetwork.Of(peer);
        lock (failures)
        {
            // The peer is refused already; another entry would only push out those of other peers.
            if (counts.GetValueOrDefault(network) >= FromOne)
                return;
            if (failures.Count == MostRemembered)
                Forget();
            failures.Enqueue((time.GetTimestamp(), network));
            counts[network] = counts.GetValueOrDefault(network) + 1;
        }
    }

    private void Forget()
    {
        var peer = failures.Dequeue().Peer;
        if (--counts[peer] == 0)
            counts.Remove(peer);
    }
}
