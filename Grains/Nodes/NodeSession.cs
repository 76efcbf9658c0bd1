using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// One session of a node: the worker's registration, the connection to the worker, and the division of the node's
/// slots. Performs no I/O and reads no clock. Times are Unix milliseconds. The node's grain opens a session when a
/// worker registers, and ends the session when the worker says goodbye or registers again, when a partition reports
/// that the session is over, or when the node is forgotten.
/// <code>
///   opened --(first heartbeat)--> used --(Connect)--> connected --(Leave)--> leaving --+
///      |                            ^                     |                            |
///      +--------(Connect)-----------+----(Disconnect)-----+                            v
///      +-----------------------------(End, from every state)-----------------------> over
/// </code>
/// Only a connected session takes work: the node's grain offers the node's slots to partitions and announces to the
/// fleet grain that the node accepts tasks. In every other state, the node's grain offers no slots.
/// Without a connection, the node's grain gives commands back, because no stream could have sent them.
/// </summary>
/// <param name="node">The name of the node.</param>
/// <param name="number">The session's number.</param>
/// <param name="registration">The worker's registration.</param>
/// <param name="now">The time of the registration.</param>
internal sealed class NodeSession(string node, long number, NodeRegistration registration, long now)
{
    private readonly Prefetch prefetch = new(registration.Slots, registration.StartsAhead);
    private INodeConnectionObserver? lastEnded;

    /// <summary>The session's number.</summary>
    public long Number => number;

    /// <summary>Divides the node's slots among the partitions.</summary>
    public SlotLedger Ledger { get; } = new(node, number, registration.Slots);

    /// <summary>The attempts that the worker has.</summary>
    public NodeHoldings Holdings { get; } = new(number);

    /// <summary>
    /// The attempts that the worker had when it registered, and what the worker knows of its earlier sessions.
    /// </summary>
    public SessionStart Start { get; } = new(
        number, registration.TreesDead, registration.RunSessions, registration.Running, registration.DeadSessions);

    /// <summary>Whether the worker can say which attempts of the node's earlier sessions still run.</summary>
    public bool KnowsEarlier => IsUsed && Start is { TreesDead: true } or { RunSessions: not [] } or { DeadSessions: not [] };

    /// <summary>The connection that sends commands to the worker; null while no stream is open.</summary>
    public INodeConnectionObserver? Connection { get; private set; }

    /// <summary>
    /// Whether the worker has sent a heartbeat or connected in this session. Until then, the registration may be a late
    /// duplicate whose worker has opened a later session, so <see cref="Start"/> must not be relied on.
    /// </summary>
    public bool IsUsed { get; private set; }

    /// <summary>Whether the worker has said that it takes no more work.</summary>
    public bool IsLeaving { get; private set; }

    /// <summary>Whether the session is over. The worker must register again.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether commands may be sent to the worker and slots offered to partitions.</summary>
    public bool TakesWork => IsUsed && Connection is not null && !IsLeaving && !IsOver;

    /// <summary>The load that the worker last reported.</summary>
    public double Load { get; private set; } = registration.Load;

    /// <summary>The memory in use that the worker last reported, in bytes.</summary>
    public long MemoryBytes { get; private set; } = registration.MemoryBytes;

    /// <summary>The time of the latest heartbeat, or of the registration before the first heartbeat.</summary>
    public long ReportedAt { get; private set; } = now;

    /// <summary>The time at which the worker sent its latest heartbeat, by the worker's own clock.</summary>
    public long SentAt { get; private set; } = registration.SentAt;

    /// <summary>Adds an attempt that the worker brought from an earlier session and reserves a slot for it.</summary>
    public void Bring(LeaseRef lease)
    {
        Ledger.ReserveHeld(lease.Partition);
        Holdings.Hold(lease, ReportedAt);
    }

    /// <summary>
    /// Sets the connection to the worker. The gateway repeats this call with every heartbeat.
    /// Returns true when the connection is new.
    /// </summary>
    public bool Connect(INodeConnectionObserver connection)
    {
        // The call that reported the end of this connection may have overtaken this call.
        if (connection.Equals(lastEnded) || connection.Equals(Connection))
            return false;
        Connection = connection;
        IsUsed = true;
        return true;
    }

    /// <summary>Records that a connection has ended. Returns true when it was the current connection.</summary>
    public bool Disconnect(INodeConnectionObserver connection)
    {
        lastEnded = connection;
        if (!connection.Equals(Connection))
            return false;
        Connection = null;
        return true;
    }

    /// <summary>
    /// Takes a heartbeat. An attempt that the heartbeat does not list is gone if its command was sent before
    /// <paramref name="since"/>.
    /// </summary>
    public void Beat(NodeStatus status, long at, long since)
    {
        (Load, MemoryBytes, ReportedAt) = (status.Load, status.MemoryBytes, at);
        SentAt = Math.Max(SentAt, status.SentAt);
        IsUsed = true;
        Holdings.Follow(status.Held, at, since);
    }

    /// <summary>
    /// Adjusts the number of tasks that are sent to the worker ahead of a free slot, by the results that the worker
    /// reported.
    /// </summary>
    public void Learn(ImmutableArray<AttemptResult> results, int refused)
    {
        if (prefetch.Learn(results, refused))
            Ledger.Resize(registration.Slots + prefetch.Extra);
    }

    /// <summary>Records that the worker takes no more work.</summary>
    public void Leave() => IsLeaving = true;

    /// <summary>Ends the session. An ended session is never resumed.</summary>
    public void End() => IsOver = true;
}
