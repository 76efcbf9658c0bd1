using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// One session of a node: the time from one registration of its worker to the next.
/// <see cref="NodeGrain"/> opens it, passes the worker's heartbeats and connections to it,
/// and asks it whether the node takes work.
/// The session holds what ends with it: the connection, the division of the node's slots,
/// and the attempts (tries at running a task) that the worker may have.
/// The grain ends the session when the worker says goodbye or registers again, when the node is forgotten,
/// or when a dispatcher, the owner of a queue, reports that it has given the session up.
/// Silence of the worker alone does not end the session.
/// In memory only: to a new activation of the grain, no session is open, and the worker must register again.
/// Performs no I/O and reads no clock. Times are Unix milliseconds of the node grain's steady clock.
/// </summary>
/// <remarks>
/// The flags. Once set, each of them stays set, except <see cref="Connection"/>:
/// <code>
/// IsUsed      from the first heartbeat or Connect on; until then the registration may be an old one that arrived late
/// Connection  from Connect to Disconnect: the worker's command stream is open
/// IsLeaving   from Leave on: the worker takes no more work
/// IsOver      from End on: the worker must register again
/// </code>
/// The session takes work while it is used and connected, and neither leaving nor over.
/// Only then does the grain offer the node's slots to queues and announce that the node accepts tasks.
/// Attempts at the worker go on without a connection, as long as heartbeats renew their leases.
/// Without a connection, the grain passes no commands on.
/// It gives the attempt of a start command back to the dispatcher, which queues the task again,
/// unless the worker may have received an earlier copy of the command.
/// </remarks>
/// <param name="node">The name of the node.</param>
/// <param name="number">The session's number: higher than those of all earlier sessions of the node.</param>
/// <param name="registration">What the worker said of itself when it registered.</param>
/// <param name="now">The time of the registration.</param>
internal sealed class NodeSession(string node, long number, NodeRegistration registration, long now)
{
    private readonly Prefetch prefetch = new(registration.Slots, registration.StartsAhead);

    // The connection whose end was reported last; null when no end was reported.
    private INodeConnectionObserver? lastEnded;

    /// <summary>The session's number.</summary>
    public long Number => number;

    /// <summary>Divides the node's slots among the queues.</summary>
    public SlotLedger Ledger { get; } = new(node, number, registration.Slots);

    /// <summary>The attempts that the worker may have, as far as the grain knows.</summary>
    public NodeHoldings Holdings { get; } = new(number);

    /// <summary>
    /// What the worker said when it registered: the attempts that it had,
    /// and of which earlier sessions it can have no other attempts any more.
    /// Dispatchers ask for this to learn what became of attempts of earlier sessions.
    /// Must not be used before <see cref="IsUsed"/>.
    /// </summary>
    public SessionStart Start { get; } = new(
        number, registration.TreesDead, registration.RunSessions, registration.Running, registration.DeadSessions);

    /// <summary>
    /// Whether <see cref="Start"/> may be used and says something about earlier sessions.
    /// Dispatchers that hold leases of earlier sessions then ask for it; otherwise they wait until the leases lapse.
    /// </summary>
    public bool KnowsEarlier => IsUsed && Start is { TreesDead: true } or { RunSessions: not [] } or { DeadSessions: not [] };

    /// <summary>
    /// <see cref="Start"/> with the attempts of one queue alone. Null when the session has another number, and
    /// before <see cref="IsUsed"/>. A session that is over is answered for, too: what it began with does not change.
    /// </summary>
    public SessionStart? BeganWith(long session, string queue) => IsUsed && Number == session
        ? Start with { Held = [.. Start.Held.Where(lease => lease.Queue == queue)] }
        : null;

    /// <summary>The silo's end of the worker's command stream; null while no stream is open.</summary>
    public INodeConnectionObserver? Connection { get; private set; }

    /// <summary>
    /// Whether the worker has sent a heartbeat or connected in this session, and so knows of it.
    /// Until then, the registration may be an old request that arrived late.
    /// The worker may hold other attempts by now than such a request names, so <see cref="Start"/> must not be used.
    /// </summary>
    public bool IsUsed { get; private set; }

    /// <summary>Whether the worker takes no more work, because it shuts down or has said goodbye.</summary>
    public bool IsLeaving { get; private set; }

    /// <summary>Whether the session is over. The worker must register again.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the node's slots may be offered to queues.</summary>
    public bool TakesWork => IsUsed && Connection is not null && !IsLeaving && !IsOver;

    /// <summary>The load average over one minute that the worker last reported.</summary>
    public double Load { get; private set; } = registration.Load;

    /// <summary>The available memory of the worker's machine that the worker last reported, in bytes.</summary>
    public long MemoryBytes { get; private set; } = registration.MemoryBytes;

    /// <summary>When the latest heartbeat arrived; before the first heartbeat, the time of the registration.</summary>
    public long ReportedAt { get; private set; } = now;

    /// <summary>
    /// When the worker sent its latest heartbeat or its registration, by the worker's own clock;
    /// 0 when the worker does not say.
    /// It means something only to the worker: offers and commands carry it back,
    /// and the worker counts the term of a lease from it.
    /// </summary>
    public long SentAt { get; private set; } = registration.SentAt;

    /// <summary>
    /// Adds an attempt that the worker holds from an earlier session, and reserves a slot for it.
    /// There may be more such attempts than slots.
    /// </summary>
    public void Bring(LeaseRef lease)
    {
        Ledger.ReserveHeld(lease.Queue);
        Holdings.Hold(lease, ReportedAt);
    }

    /// <summary>
    /// Makes a connection the one that commands go to, in place of the earlier one, if any.
    /// The silo repeats this call with every heartbeat, which makes up for a call that was lost or overtaken.
    /// Returns true when the connection is new. Returns false, and changes nothing, for a repeat,
    /// also when the end of the connection was reported in between.
    /// </summary>
    public bool Connect(INodeConnectionObserver connection)
    {
        // A repeat that arrives after the report of the connection's end must not revive the connection.
        if (connection.Equals(lastEnded) || connection.Equals(Connection))
            return false;
        Connection = connection;
        IsUsed = true;
        return true;
    }

    /// <summary>
    /// Records that a connection has ended.
    /// Returns true when commands went to this connection: the session takes no more work until the next
    /// <see cref="Connect"/>. Returns false when another connection has replaced this one,
    /// or when its end was reported before.
    /// </summary>
    public bool Disconnect(INodeConnectionObserver connection)
    {
        lastEnded = connection;
        if (!connection.Equals(Connection))
            return false;
        Connection = null;
        return true;
    }

    /// <summary>
    /// Takes a heartbeat.
    /// Heartbeats may arrive out of order: the latest arrival counts, but <see cref="SentAt"/> never falls.
    /// </summary>
    /// <param name="status">The heartbeat.</param>
    /// <param name="at">When the heartbeat arrived.</param>
    /// <param name="since">
    /// An attempt that the heartbeat does not name no longer counts if its command was sent at this time or before.
    /// </param>
    public void Beat(NodeStatus status, long at, long since)
    {
        (Load, MemoryBytes, ReportedAt) = (status.Load, status.MemoryBytes, at);
        SentAt = Math.Max(SentAt, status.SentAt);
        IsUsed = true;
        Holdings.Follow(status.Held, at, since);
    }

    /// <summary>
    /// Adjusts how many tasks are sent to the worker beyond its slots (<see cref="Prefetch"/>),
    /// after a report of the worker.
    /// </summary>
    /// <param name="results">The attempts that ended.</param>
    /// <param name="refused">How many attempts the worker did not start.</param>
    public void Learn(ImmutableArray<AttemptResult> results, int refused)
    {
        if (prefetch.Learn(results, refused))
            Ledger.Resize(registration.Slots + prefetch.Extra);
    }

    /// <summary>Records that the worker takes no more work in this session.</summary>
    public void Leave() => IsLeaving = true;

    /// <summary>Ends the session for good.</summary>
    public void End() => IsOver = true;
}
