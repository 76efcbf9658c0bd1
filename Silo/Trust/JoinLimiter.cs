using System.Net;

namespace OrleansTasks.Silo.Trust;

/// <summary>
/// Limits failed attempts to join to ten per minute and peer, so that a peer cannot fill the log or make the service
/// verify requests for nothing. Tokens themselves need no such protection, because they cannot be guessed.
/// </summary>
internal sealed class JoinLimiter(TimeProvider time)
{
    /// <summary>The maximum number of failures per minute of one peer.</summary>
    internal const int FromOne = ServiceLimits.JoinFailures;

    /// <summary>The maximum number of remembered failures of all peers. Beyond this, the oldest is forgotten.</summary>
    internal const int MostRemembered = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Queue<(long At, IPAddress Peer)> failures = new();
    private readonly Dictionary<IPAddress, int> counts = [];

    /// <summary>Returns whether the peer may try again.</summary>
    internal bool MayTry(IPAddress? peer)
    {
        lock (failures)
        {
            while (failures.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= Window)
                Forget();
            return counts.GetValueOrDefault(PeerNetwork.Of(peer)) < FromOne;
        }
    }

    /// <summary>Records a failed try of the peer.</summary>
    internal void Failed(IPAddress? peer)
    {
        var network = PeerNetwork.Of(peer);
        lock (failures)
        {
            // The peer is already refused. Another entry would only displace those of other peers.
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
