using OrleansTasks.Storage;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The terms and bounds by which dispatchers work; a dispatcher is the grain that owns a queue. The
/// grains of nodes and of the fleet use the same lease and heartbeat. One instance for a silo. The silo sets
/// <see cref="Lease"/> and <see cref="Heartbeat"/> from its own options and keeps the other defaults, and does not
/// start if <see cref="Validate"/> finds a fault. Must not change afterwards.
/// </summary>
public sealed class DispatchOptions
{
    /// <summary>
    /// The term of a lease: how long a node keeps an attempt at a task without a heartbeat that renews the lease.
    /// After that, the attempt counts as lost with its node, and the task is usually queued again.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The time between two heartbeats of a worker, each of which renews the node's leases.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long before the end of a lease that was not renewed the worker begins to kill its attempts, so that none
    /// outlives its lease. Only <see cref="Validate"/> uses this value; each worker has a setting of its own, with the
    /// same default.
    /// </summary>
    public TimeSpan KillMargin { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a dispatcher, after it took its queue over or after a commit, may renew leases without another
    /// proof of its ownership (<see cref="ITaskStore.Prove"/>). A replaced dispatcher that does not know of its
    /// successor may renew leases for this time, so the successor lets the leases that it reads run longer by the same
    /// time. Zero if only one process uses the store: renewals then need no proof.
    /// </summary>
    public TimeSpan ProofTerm { get; set; }

    /// <summary>
    /// Sets <see cref="ProofTerm"/> for a store: half a lease, or zero when no other process can use it.
    /// </summary>
    public void SetProofTerm(ITaskStore store) => ProofTerm = store.IsExclusive ? TimeSpan.Zero : Lease / 2;

    /// <summary>
    /// How long the answer to a heartbeat may wait for dispatchers: a sixteenth of a lease, at most half a second.
    /// Those that have not answered by then are told of by a later answer.
    /// </summary>
    public TimeSpan HeartbeatPatience => TimeSpan.FromMilliseconds(Math.Min(Lease.TotalMilliseconds / 16, 500));

    /// <summary>
    /// How many times, from 0 to 254, a task is queued again because its node was lost; the next loss fails the task
    /// with reason <c>node-lost</c>. Not for tasks whose policy has a budget for losses, or counts a lost node as a failed attempt.
    /// </summary>
    public int MaxNodeLosses { get; set; } = 5;

    /// <summary>
    /// How many submitted tasks may wait for the commit loop of a queue; a submission beyond that is refused with
    /// <c>queue-full</c>. A submission that finds no other waiting is always taken, however large.
    /// </summary>
    public int InboxTasks { get; set; } = ServiceLimits.SubmittedTasks;

    /// <summary>The same bound as <see cref="InboxTasks"/>, in bytes of specs and secrets.</summary>
    public long InboxBytes { get; set; } = ServiceLimits.SubmittedBytes;

    /// <summary>
    /// How many tasks a workflow may have, nodes and items together. A node whose list would exceed that fails. Default
    /// 50,000.
    /// </summary>
    public int MaxWorkflowTasks { get; set; } = ServiceLimits.WorkflowTasks;

    /// <summary>
    /// How many tasks of items a node with <c>forEach</c> may have open at once. Further ones are made as these end.
    /// Default 2,000.
    /// </summary>
    public int MaxOpenItems { get; set; } = ServiceLimits.OpenItems;

    /// <summary>The bounds of one round of the commit loop, which stores all that it does in one commit.</summary>
    public RoundBounds Round { get; set; } = new();

    /// <summary>
    /// How many waiting tasks a new owner of a queue reads at a time, between two rounds. A large page keeps
    /// callers waiting; a small one delays tasks, since those behind the page are not given to nodes yet.
    /// </summary>
    public int RecoveryPage { get; set; } = 50_000;

    /// <summary>
    /// What is wrong, for people; null if nothing is. A lease must outlast the loss of two heartbeats and then leave
    /// the worker time to kill. Checks the heartbeat, the lease and <see cref="MaxNodeLosses"/>; nothing else.
    /// </summary>
    public string? Validate() =>
        Heartbeat <= TimeSpan.Zero ? "the heartbeat must be longer than nothing"
        : Lease < (3 * Heartbeat) + KillMargin
            ? $"a lease of {Lease.TotalSeconds:0.#} s is too short: it must be at least {((3 * Heartbeat) + KillMargin).TotalSeconds:0.#} s "
                + "(three heartbeats and the margin to kill)"
        : MaxNodeLosses is < 0 or >= byte.MaxValue ? $"a task may be lost with its node from 0 to {byte.MaxValue - 1} times"
        : null;
}
