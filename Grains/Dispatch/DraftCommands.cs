using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The commands that one round sends to a node in one session. <see cref="Outbox"/> sends them as one
/// <see cref="CommandBatch"/>, which may be lost. Heartbeats then cause the dispatcher to repeat commands
/// (<see cref="LeaseBook.Renew"/>): a start up to three times, a cancel until the attempt is over, and a kill as long
/// as the worker lists an attempt without a lease.
/// </summary>
internal sealed class DraftCommands(string node, long session)
{
    public string Node { get; } = node;

    /// <summary>The session that the commands are for. A node in another session ignores them.</summary>
    public long Session { get; } = session;

    public List<StartCommand> Start { get; } = [];

    /// <summary>
    /// Attempts to end with SIGTERM, then with SIGKILL after a grace period. They keep their leases until the worker
    /// reports a result or the attempts are lost.
    /// </summary>
    public List<LeaseRef> Cancel { get; } = [];

    /// <summary>
    /// Attempts to kill at once. Their leases have been released, so further reports on them are ignored.
    /// </summary>
    public List<LeaseRef> Kill { get; } = [];

    /// <summary>Returns an immutable message with the commands added so far.</summary>
    public CommandBatch ToBatch() => new(Session, [.. Start], [.. Cancel], [.. Kill]);
}
