using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Collects the commands that one round of a dispatcher has for a node (a worker) in one session, the time from one
/// registration of the worker to the next. <see cref="CommitDraft.For"/> creates it; <see cref="Outbox"/> sends it as
/// one <see cref="CommandBatch"/> once the round's commit is on disk, or at once when the round has nothing to commit.
/// A command may be lost on its way. The worker's heartbeats make up for that (<see cref="LeaseBook.Renew"/>): a lost
/// start is sent again up to three times, and a lost cancel until the attempt is over. After a lost kill, the worker
/// still lists an attempt that has no lease, and the reply tells the worker again to kill that attempt.
/// </summary>
internal sealed class DraftCommands(string node, long session)
{
    /// <summary>The name of the node.</summary>
    public string Node { get; } = node;

    /// <summary>
    /// The session that the commands are for. A node that is in another session when they arrive carries none of them
    /// out.
    /// </summary>
    public long Session { get; } = session;

    /// <summary>Attempts to start.</summary>
    public List<StartCommand> Start { get; } = [];

    /// <summary>
    /// Attempts to end with SIGTERM, and with SIGKILL after a grace period. The dispatcher holds their leases until the
    /// worker reports a result, or until the leases are lost.
    /// </summary>
    public List<LeaseRef> Cancel { get; } = [];

    /// <summary>
    /// Attempts to end at once, whose leases are released already: what the worker still reports on them is ignored.
    /// </summary>
    public List<LeaseRef> Kill { get; } = [];

    /// <summary>Copies the commands into an immutable message. Commands that are added later are not in it.</summary>
    public CommandBatch ToBatch() => new(Session, [.. Start], [.. Cancel], [.. Kill]);
}
