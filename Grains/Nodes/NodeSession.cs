using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// One session of a node, without I/O or clock: what its worker said when it opened the session, whether a stream takes its commands, and
/// who may use its slots.
/// <code>
///   opened --(first heartbeat)--> used --(Connect)--> connected --(Leave)--> leaving --+
///      |                            ^                     |                            |
///      +--------(Connect)-----------+----(Disconnect)-----+                            v
///      +-----------------------------(End, from every state)-----------------------> over
/// </code>
/// Only a connected session takes work: its node's slots are offered, and the fleet is told that it accepts tasks. In all others
/// nothing is offered, and a command that comes is given back, since no stream could have taken it.
/// </summary>
/// <param name="node">The node.</param>
/// <param name="number">The session's number.</param>
/// <param name="registration">What the worker said.</param>
/// <param name="now">Unix milliseconds.</param>
internal sealed class NodeSession(string node, long number, NodeRegistration registration, long now)
{
    private readonly Prefetch prefetch = new(registration.Slots, registration.StartsAhead);
    private INodeConnectionObserver? ended;

    public long Number => number;

    /// <summary>Who may use the slots.</summary>
    public SlotLedger Ledger { get; } = new(node, number, registration.Slots);

    /// <summary>What the worker has.</summary>
    public NodeHoldings Holdings { get; } = new(number);

    /// <summary>What the worker had when it opened the session.</summary>
    public SessionStart Start { get; } = new(
        number, registration.TreesDead, registration.RunSessions, registration.Running, registration.DeadSessions);

    /// <summary>Whether the node can tell what is left of its earlier sessions.</summary>
    public bool KnowsEarlier => IsUsed && Start is { TreesDead: true } or { RunSessions: not [] } or { DeadSessions: not [] };

    /// <summary>Where commands go; null while no stream is open.</summary>
    public INodeConnectionObserver? Connection { get; private set; }

    /// <summary>
    /// Whether anything came in the session. A registration may arrive so late that its worker has long had a later answer: what
    /// it says counts from here on.
    /// </summary>
    public bool IsUsed { get; private set; }

    public bool IsLeaving { get; private set; }

    /// <summary>Whether the worker must register anew.</summary>
    public bool IsOver { get; private set; }

    public bool TakesWork => IsUsed && Connection is not null && !IsLeaving && !IsOver;

    public double Load { get; private set; } = registration.Load;

    public long MemoryBytes { get; private set; } = registration.MemoryBytes;

    /// <summary>When the worker was last heard.</summary>
    public long ReportedAt { get; private set; } = now;

    /// <summary>When it sent the latest report, by its own clock.</summary>
    public long SentAt { get; private set; } = registration.SentAt;

    /// <summary>What the worker brought from an earlier session has its slot.</summary>
    public void Bring(LeaseRef lease)
    {
        Ledger.ReserveHeld(lease.Partition);
        Holdings.Hold(lease, ReportedAt);
    }

    /// <summary>A stream is open; said again with every heartbeat. True when that is news.</summary>
    public bool Connect(INodeConnectionObserver connection)
    {
        // Word of its end has overtaken this.
        if (connection.Equals(ended) || connection.Equals(Connection))
            return false;
        Connection = connection;
        IsUsed = true;
        return true;
    }

    /// <summary>A stream has ended. True when it is the one that commands went to.</summary>
    public bool Disconnect(INodeConnectionObserver connection)
    {
        ended = connection;
        if (!connection.Equals(Connection))
            return false;
        Connection = null;
        return true;
    }

    /// <summary>A heartbeat; what was passed on before <paramref name="since"/> and is not in it is not there.</summary>
    public void Beat(NodeStatus status, long at, long since)
    {
        (Load, MemoryBytes, ReportedAt) = (status.Load, status.MemoryBytes, at);
        SentAt = Math.Max(SentAt, status.SentAt);
        IsUsed = true;
        Holdings.Follow(status.Held, at, since);
    }

    /// <summary>Changes by what was reported how many tasks are sent ahead.</summary>
    public void Learn(ImmutableArray<AttemptResult> results, int refused)
    {
        if (prefetch.Learn(results, refused))
            Ledger.Resize(registration.Slots + prefetch.Extra);
    }

    /// <summary>The worker takes nothing more.</summary>
    public void Leave() => IsLeaving = true;

    /// <summary>For good.</summary>
    public void End() => IsOver = true;
}
