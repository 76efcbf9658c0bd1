using OrleansTasks.Storage;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The terms and bounds of dispatchers, and the lease and heartbeat of node and fleet grains. One instance a silo,
/// which does not start if <see cref="Validate"/> finds a fault. Must not change afterwards.
/// </summary>
public sealed class DispatchOptions
{
    /// <summary>
    /// How long a node keeps an attempt without a heartbeat that renews its lease. Then the attempt is lost with its
    /// node, and the task is usually queued again.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The time between two heartbeats of a worker, each of which renews the node's leases.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long before the end of a lease the worker begins to kill its attempts, so that none outlives it. Only
    /// <see cref="Validate"/> uses this; each worker has a setting of its own, with the same default.
    /// </summary>
    public TimeSpan KillMargin { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long after taking its queue over, or after a commit, a dispatcher may renew leases without another proof of
    /// ownership (<see cref="ITaskStore.Prove"/>). A replaced dispatcher may go on renewing for this time, so its
    /// successor lets the leases that it reads run longer by as much. Zero if only one process uses the store: no proof
    /// is needed.
    /// </summary>
    public TimeSpan ProofTerm { get; set; }

    /// <summary>Sets <see cref="ProofTerm"/>: half a lease, or zero if no other process can use the store.</summary>
    public void SetProofTerm(ITaskStore store) => ProofTerm = store.IsExclusive ? TimeSpan.Zero : Lease / 2;

    /// <summary>How long the answer to a heartbeat waits for dispatchers. A later answer reports slower ones.</summary>
    public TimeSpan HeartbeatPatience => TimeSpan.FromMilliseconds(Math.Min(Lease.TotalMilliseconds / 16, 500));

    /// <summary>
    /// How many times, from 0 to 254, a task is queued again because its node was lost; the next loss fails the task
    /// with reason <c>node-lost</c>. Not for policies with a budget for losses, or that count a lost node as a failed
    /// attempt.
    /// </summary>
    public int MaxNodeLosses { get; set; } = 5;

    /// <summary>
    /// How many submitted tasks may wait for the commit loop of a queue; more are refused with <c>queue-full</c>. A
    /// submission that finds no other waiting is always taken, however large.
    /// </summary>
    public int InboxTasks { get; set; } = ServiceLimits.SubmittedTasks;

    /// <summary>The same bound as <see cref="InboxTasks"/>, in bytes of specs and secrets.</summary>
    public long InboxBytes { get; set; } = ServiceLimits.SubmittedBytes;

    /// <summary>The most tasks of a workflow, nodes and items together. A node that would exceed it fails.</summary>
    public int MaxWorkflowTasks { get; set; } = ServiceLimits.WorkflowTasks;

    /// <summary>The most open items' tasks of a node with <c>forEach</c>. As these end, others are made.</summary>
    public int MaxOpenItems { get; set; } = ServiceLimits.OpenItems;

    /// <summary>The bounds of one round of the commit loop.</summary>
    public RoundBounds Round { get; set; } = new();

    /// <summary>
    /// How many waiting tasks a new owner reads at a time, between two rounds. A large page keeps callers waiting; a
    /// small one delays tasks, since those behind the page are not assigned yet.
    /// </summary>
    public int RecoveryPage { get; set; } = 50_000;

    /// <summary>
    /// Describes a fault of the heartbeat, the lease or <see cref="MaxNodeLosses"/>; null if there is none. A lease
    /// must outlast the loss of two heartbeats and then leave the worker time to kill.
    /// </summary>
    public string? Validate() =>
        Heartbeat <= TimeSpan.Zero ? "the heartbeat must be longer than nothing"
        : Lease < (3 * Heartbeat) + KillMargin
            ? $"a lease of {Lease.TotalSeconds:0.#} s is too short: it must be at least {((3 * Heartbeat) + KillMargin).TotalSeconds:0.#} s "
                + "(three heartbeats and the margin to kill)"
        : MaxNodeLosses is < 0 or >= byte.MaxValue ? $"a task may be lost with its node from 0 to {byte.MaxValue - 1} times"
        : null;
}
