using System.Net;

namespace OrleansTasks.Silo.Trust;

/// <summary>
/// Counts failed tries to join by peer: ten in a minute. It keeps one peer from filling the log and from having requests
/// verified for nothing. It is no protection of tokens, which cannot be guessed in any time.
/// </summary>
internal sealed class JoinLimiter(TimeProvider time)
{
    /// <summary>Failures a minute of one peer.</summary>
    internal const int FromOne = 10;

    /// <summary>The most failures that are remembered; then the oldest one is forgotten, whoever it is of.</summary>
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
            // More would make no difference to this peer, and others would be forgotten for it.
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
