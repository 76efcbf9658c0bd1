using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The commands of one round for a node in one session; <see cref="Outbox"/> sends them as one
/// <see cref="CommandBatch"/>. They may be lost. Heartbeats make up for it (<see cref="LeaseBook.Renew"/>): a lost
/// start is repeated up to three times, a lost cancel until the attempt is over, and a lost kill while the worker lists
/// an attempt without a lease.
/// </summary>
internal sealed class DraftCommands(string node, long session)
{
    public string Node { get; } = node;

    /// <summary>A node that is in another session when the commands arrive ignores them.</summary>
    public long Session { get; } = session;

    public List<StartCommand> Start { get; } = [];

    /// <summary>
    /// Attempts to end with SIGTERM, and SIGKILL after a grace period. They keep their leases until the worker reports
    /// a result or the leases are lost.
    /// </summary>
    public List<LeaseRef> Cancel { get; } = [];

    /// <summary>Attempts to end at once. Their leases are released, so further reports on them are ignored.</summary>
    public List<LeaseRef> Kill { get; } = [];

    /// <summary>Copies the commands into an immutable message, without those added later.</summary>
    public CommandBatch ToBatch() => new(Session, [.. Start], [.. Cancel], [.. Kill]);
}
