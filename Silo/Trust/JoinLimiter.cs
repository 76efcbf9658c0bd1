using System.Net;
using OrleansTasks.Listening;

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

    private readonly RecentFailures<IPAddress> failures = new(FromOne, MostRemembered, time);

    /// <summary>Returns whether the peer may try again.</summary>
    internal bool MayTry(IPAddress? peer) => failures.MayTry(PeerNetwork.Of(peer));

    /// <summary>Records a failed try of the peer.</summary>
    internal void Failed(IPAddress? peer) => failures.Failed(PeerNetwork.Of(peer));
}
