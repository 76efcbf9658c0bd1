namespace OrleansTasks.Tasks;

/// <summary>How dispatchers work. Validated at start.</summary>
public sealed class DispatchOptions
{
    /// <summary>
    /// The lease's term: a node that is not heard for so long has lost its attempts. 10 s in one process, 30 s with cluster membership.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The time between two heartbeats of a worker.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long before the end of its term a worker begins to kill.</summary>
    public TimeSpan KillMargin { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long after a commit a dispatcher may confirm leases without proving, by another commit, that it still owns its partition. A new
    /// owner lets the leases that it reads run longer by this time. Zero if only one process uses the store: there is no other owner.
    /// </summary>
    public TimeSpan ProofTerm { get; set; }

    /// <summary>How often a lost node may requeue one task, at most 254; the next loss fails it with reason <c>node-lost</c>.</summary>
    public int MaxNodeLosses { get; set; } = 5;

    /// <summary>
    /// How many tasks may wait for the commit loop before submissions are refused with <c>queue-full</c>. A submission that finds no
    /// other waiting is always taken.
    /// </summary>
    public int InboxTasks { get; set; } = 65_536;

    /// <summary>As <see cref="InboxTasks"/>, in bytes of specs and secrets.</summary>
    public long InboxBytes { get; set; } = 64L << 20;

    /// <summary>The bounds of one round of the commit loop.</summary>
    public RoundBounds Round { get; set; } = new();

    /// <summary>How many waiting tasks are read at a time when a partition is recovered: one page after each round.</summary>
    public int RecoveryPage { get; set; } = 50_000;

    /// <summary>
    /// What is wrong with the times, or null. A lease must outlast the loss of two heartbeats and leave the worker time to kill before it
    /// lapses.
    /// </summary>
    public string? Validate() =>
        Heartbeat <= TimeSpan.Zero ? "the heartbeat must be longer than nothing"
        : Lease < (3 * Heartbeat) + KillMargin
            ? $"a lease of {Lease.TotalSeconds:0.#} s is too short: it must be at least {((3 * Heartbeat) + KillMargin).TotalSeconds:0.#} s "
                + "(three heartbeats and the margin to kill)"
        : MaxNodeLosses is < 0 or >= byte.MaxValue ? $"a task may be lost with its node from 0 to {byte.MaxValue - 1} times"
        : null;
}
