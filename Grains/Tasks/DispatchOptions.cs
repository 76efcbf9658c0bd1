namespace OrleansTasks.Tasks;

/// <summary>How dispatchers work. Validated at start.</summary>
public sealed class DispatchOptions
{
    /// <summary>The lease's term: 10 s in one process, 30 s with cluster membership.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The time between two heartbeats of a worker.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long before the end of its term a worker begins to kill.</summary>
    public TimeSpan KillMargin { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a lost node may requeue one task.</summary>
    public int MaxNodeLosses { get; set; } = 5;

    /// <summary>
    /// How many tasks may wait for the commit loop before submissions are refused with <c>queue-full</c>.
    /// </summary>
    public int InboxTasks { get; set; } = 65_536;

    /// <summary>How many bytes of specs may wait for the commit loop before submissions are refused.</summary>
    public long InboxBytes { get; set; } = 64L << 20;

    /// <summary>How much one round of the commit loop does.</summary>
    public RoundBounds Round { get; set; } = new();

    /// <summary>How many waiting tasks are read at a time when a partition is recovered.</summary>
    public int RecoveryPage { get; set; } = 50_000;

    /// <summary>What is wrong with the values, or null.</summary>
    public string? Validate() =>
        Heartbeat <= TimeSpan.Zero ? "the heartbeat must be longer than nothing"
        : Lease < (3 * Heartbeat) + KillMargin
            ? $"a lease of {Lease.TotalSeconds:0.#} s is too short: it must be at least {((3 * Heartbeat) + KillMargin).TotalSeconds:0.#} s "
                + "(three heartbeats and the margin to kill)"
        : null;
}
