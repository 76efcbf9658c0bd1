using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// One session of a node, with the state that lasts as long. A session ends when the worker says goodbye or registers
/// again, when the node is forgotten, or when a dispatcher gives it up, but not by silence alone. Does no I/O and reads
/// no clock. Times are Unix milliseconds of the node grain's steady clock.
/// </summary>
internal sealed class NodeSession(string node, long number, NodeRegistration registration, long now)
{
    private readonly Prefetch prefetch = new(registration.Slots, registration.StartsAhead);

    // Made at its first use, because it asks the holdings.
    private SlotLedger? ledger;

    // The connection whose end was reported last, or null.
    private INodeConnectionObserver? lastEnded;

    public long Number => number;

    public SlotLedger Ledger => ledger ??=
        new(node, number, registration.Slots, registration.Resources, Holdings.Running);

    public NodeHoldings Holdings { get; } = new(number);

    /// <summary>
    /// The attempts that the worker had when it registered, and the earlier sessions of which it can have no others.
    /// Must not be used before <see cref="IsUsed"/>.
    /// </summary>
    public SessionStart Start { get; } = new(
        number, registration.TreesDead, registration.RunSessions, registration.Running, registration.DeadSessions);

    /// <summary>Whether <see cref="Start"/> covers earlier sessions; if not, dispatchers wait for lapses.</summary>
    public bool KnowsEarlier => IsUsed && Start is { TreesDead: true } or { RunSessions: not [] } or { DeadSessions: not [] };

    /// <summary>
    /// Returns <see cref="Start"/> for one queue, even after the end; null for another session or before use.
    /// </summary>
    public SessionStart? BeganWith(long session, string queue) => IsUsed && Number == session
        ? Start with { Held = [.. Start.Held.Where(lease => lease.Queue == queue)] }
        : null;

    public INodeConnectionObserver? Connection { get; private set; }

    /// <summary>
    /// Whether the worker knows of this session. Until then, the registration may be an old request that arrived late,
    /// and the worker may hold other attempts by now.
    /// </summary>
    public bool IsUsed { get; private set; }

    /// <summary>Whether the worker shuts down or has said goodbye.</summary>
    public bool IsLeaving { get; private set; }

    public bool IsOver { get; private set; }

    public bool TakesWork => IsUsed && Connection is not null && !IsLeaving && !IsOver;

    /// <summary>The worker's latest one-minute load average.</summary>
    public double Load { get; private set; } = registration.Load;

    /// <summary>Available memory of the machine, in bytes.</summary>
    public long MemoryBytes { get; private set; } = registration.MemoryBytes;

    /// <summary>Free space where the worker keeps its data, in bytes; 0 if unknown.</summary>
    public long DiskFreeBytes { get; private set; } = registration.DiskFreeBytes;

    /// <summary>Whether the worker lists folders for schedules.</summary>
    public bool ListsFolders => registration.ListsFolders;

    /// <summary>Memory of the machine, in bytes; 0 if unknown.</summary>
    public long MemoryTotalBytes => registration.MemoryTotalBytes;

    /// <summary>What the worker offers besides slots.</summary>
    public ResourceVector Resources { get; } = registration.Resources ?? ResourceVector.None;

    /// <summary>The GPUs of the machine, and which tasks have them.</summary>
    public ImmutableArray<GpuUse> Gpus { get; private set; } = registration.Gpus ?? [];

    /// <summary>When the worker's process started, by its own clock; 0 if unknown.</summary>
    public long StartedAt => registration.StartedAt;

    /// <summary>When the latest heartbeat, or the registration, arrived.</summary>
    public long ReportedAt { get; private set; } = now;

    /// <summary>
    /// When the worker sent its latest heartbeat or registration, by its own clock, from which it counts lease terms; 0
    /// if unknown.
    /// </summary>
    public long SentAt { get; private set; } = registration.SentAt;

    /// <summary>Reserves a slot for an attempt of an earlier session, even beyond the node's slots.</summary>
    public void Bring(LeaseRef lease)
    {
        var shape = registration.ResourcesOf(lease);
        Ledger.ReserveHeld(lease.Queue, shape);
        Holdings.Hold(lease, ReportedAt, shape);
    }

    /// <summary>Sets the connection for commands. Returns false for a repeat; each heartbeat brings one.</summary>
    public bool Connect(INodeConnectionObserver connection)
    {
        // A repeat that arrives after the report of the connection's end must not revive it.
        if (connection.Equals(lastEnded) || connection.Equals(Connection))
            return false;
        Connection = connection;
        IsUsed = true;
        return true;
    }

    /// <summary>Returns whether commands went here; if so, no work is taken until the next connection.</summary>
    public bool Disconnect(INodeConnectionObserver connection)
    {
        lastEnded = connection;
        if (!connection.Equals(Connection))
            return false;
        Connection = null;
        return true;
    }

    /// <summary>
    /// Takes a heartbeat. The latest arrival counts, but <see cref="SentAt"/> never falls. Attempts that it lacks no
    /// longer count if they were sent at or before <paramref name="since"/>.
    /// </summary>
    public void Beat(NodeStatus status, long at, long since)
    {
        (Load, MemoryBytes, DiskFreeBytes, ReportedAt) = (status.Load, status.MemoryBytes, status.DiskFreeBytes, at);
        SentAt = Math.Max(SentAt, status.SentAt);
        Gpus = status.Gpus ?? [];
        IsUsed = true;
        Holdings.Follow(status.Held, at, since);
    }

    public void Learn(ImmutableArray<AttemptResult> results, int refused)
    {
        if (prefetch.Learn(results, refused))
            Ledger.Resize(registration.Slots + prefetch.Extra);
    }

    public void Leave() => IsLeaving = true;

    public void End() => IsOver = true;
}
