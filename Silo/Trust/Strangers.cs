using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using OrleansTasks.Listening;

namespace OrleansTasks.Silo.Trust;

/// <summary>
/// Bounds the connections without a valid certificate. A worker briefly needs two of them to join; no one needs many,
/// or one for long. A connection is aborted after <see cref="Longest"/>, or earlier if a newer one needs its place, so
/// that idle connections cannot keep a worker from joining.
/// </summary>
/// <param name="counts">Returns whether a certificate is this service's, has not expired and was not revoked.</param>
/// <param name="time">The clock.</param>
internal sealed class Strangers(Func<X509Certificate2, ValueTask<bool>> counts, TimeProvider time)
{
    /// <summary>The maximum number of connections of one peer.</summary>
    internal const int FromOne = ServiceLimits.StrangersOfAddress;

    /// <summary>The maximum number of connections in total.</summary>
    internal const int InAll = ServiceLimits.Strangers;

    /// <summary>The maximum duration of a connection.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private readonly LinkedList<Stranger> present = new();

    /// <summary>Applies the bounds before a connection is handled. Must come after TLS.</summary>
    internal ConnectionDelegate Bound(ConnectionDelegate next) => async connection =>
    {
        if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is { } certificate && await counts(certificate))
            await next(connection);
        else
            await Receive(connection, next);
    };

    private async Task Receive(ConnectionContext connection, ConnectionDelegate next)
    {
        var place = new LinkedListNode<Stranger>(
            new(connection, PeerNetwork.Of((connection.RemoteEndPoint as IPEndPoint)?.Address)));
        Enter(place)?.Connection.Abort(new ConnectionAbortedException("The connection makes room for newer "
            + "connections without a certificate."));
        try
        {
            await using var limit = time.CreateTimer(
                static connection => ((ConnectionContext)connection!).Abort(
                    new ConnectionAbortedException("A connection without a certificate may last 30 s.")),
                connection, Longest, Timeout.InfiniteTimeSpan);
            await next(connection);
        }
        finally
        {
            lock (gate)
            {
                if (place.List is not null)
                    present.Remove(place);
            }
        }
    }

    /// <summary>
    /// Adds a connection. Returns the one to abort for it, or null: the oldest of the same peer, or otherwise of all.
    /// </summary>
    private Stranger? Enter(LinkedListNode<Stranger> place)
    {
        lock (gate)
        {
            var first = default(LinkedListNode<Stranger>);
            var ofPeer = 0;
            for (var node = present.First; node is not null; node = node.Next)
            {
                if (!node.Value.Peer.Equals(place.Value.Peer))
                    continue;
                first ??= node;
                ofPeer++;
            }

            present.AddLast(place);
            if (ofPeer < FromOne)
                first = present.Count > InAll ? present.First : null;
            if (first is null)
                return null;
            present.Remove(first);
            return first.Value;
        }
    }

    private sealed record Stranger(ConnectionContext Connection, IPAddress Peer);
}
