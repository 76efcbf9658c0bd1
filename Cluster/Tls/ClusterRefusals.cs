using System.Collections.Concurrent;
using System.Net;

namespace OrleansTasks.Cluster.Tls;

/// <summary>
/// Reports refused connections between silos and gateways: one line for a peer and a reason, and not again within
/// <see cref="Quiet"/>, because Orleans tries again several times a second.
/// </summary>
internal sealed partial class ClusterRefusals(TimeProvider time, ILogger<ClusterRefusals> logger)
{
    /// <summary>How long nothing more is logged about a peer and a reason.</summary>
    internal static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The maximum number of lines within <see cref="Quiet"/>. A scan from many addresses must not fill the log.
    /// </summary>
    private const int MostLines = 100;

    private readonly ConcurrentDictionary<(string About, string Reason), long> told = new();
    private readonly TaskCompletionSource<string> mismatch = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Completes, with the reason, when a silo turns out to have other settings or another authority than this process.
    /// Trying again is then of no use.
    /// </summary>
    internal Task<string> Mismatch => mismatch.Task;

    /// <summary>Reports that this silo refused a peer.</summary>
    internal void RefusedPeer(EndPoint? peer, string port, string reason)
    {
        // The peer's own port is another one each time.
        if (IsNew($"{(peer as IPEndPoint)?.Address} at {port}", reason))
            PeerRefused(peer, port, reason);
    }

    /// <summary>Reports that there is no connection to a silo.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="reason">The end of a sentence about the silo, which may be followed by advice.</param>
    /// <param name="isFinal">Whether trying again is of no use until somebody changes something.</param>
    internal void SiloRefused(EndPoint? silo, string reason, bool isFinal)
    {
        if (IsNew($"{silo}", reason))
            SiloNotReached(silo, reason);
        if (isFinal)
            mismatch.TrySetResult($"There is no connection to the silo at {silo}: {reason}.");
    }

    private bool IsNew(string about, string reason)
    {
        var (key, now) = ((about, reason), time.GetTimestamp());
        if (told.TryGetValue(key, out var at) && time.GetElapsedTime(at, now) < Quiet)
            return false;
        if (told.Count >= MostLines)
            foreach (var (old, since) in told)
                if (time.GetElapsedTime(since, now) >= Quiet)
                    told.TryRemove(old, out _);
        if (told.Count >= MostLines)
            return false;
        told[key] = now;
        return true;
    }

    [LoggerMessage(EventId = 4421, Level = LogLevel.Warning, Message = "{Peer} was refused at {Port}: {Reason}.")]
    private partial void PeerRefused(EndPoint? peer, string port, string reason);

    [LoggerMessage(EventId = 4422, Level = LogLevel.Warning,
        Message = "There is no connection to the silo at {Silo}: {Reason}.")]
    private partial void SiloNotReached(EndPoint? silo, string reason);
}
