using OrleansTasks.Storage;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The time limits and bounds of dispatchers, and the lease and heartbeat times that node and fleet grains use. Each
/// silo has one instance, and does not start if <see cref="Validate"/> finds a fault. Must not change after the start.
/// </summary>
public sealed class DispatchOptions
{
    /// <summary>
    /// How long a node keeps an attempt without a heartbeat that renews its lease. After that time, the attempt is lost
    /// with its node, and the task is usually queued again.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The time between two heartbeats of a worker, each of which renews the node's leases.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long before the end of a lease the worker begins to kill its attempts, so that none outlives its lease. Only
    /// <see cref="Validate"/> uses this value: each worker has its own setting, with the same default.
    /// </summary>
    public TimeSpan KillMargin { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long after taking its queue over, or after a commit, a dispatcher may renew leases without another proof of
    /// ownership (<see cref="ITaskStore.Prove"/>). A replaced dispatcher may keep renewing leases for this long, so its
    /// successor extends the leases that it reads by the same time. Zero if only one process uses the store, because
    /// then no proof is needed.
    /// </summary>
    public TimeSpan ProofTerm { get; set; }

    /// <summary>
    /// Sets <see cref="ProofTerm"/> to half a lease, or to zero if no other process can use the store.
    /// </summary>
    public void SetProofTerm(ITaskStore store) => ProofTerm = store.IsExclusive ? TimeSpan.Zero : Lease / 2;

    /// <summary>
    /// How long a task that asks for resources waits before one node keeps for it what becomes free there.
    /// </summary>
    public TimeSpan ReserveAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long the reply to a heartbeat waits for dispatchers. Slower ones are reported in a later reply.
    /// </summary>
    public TimeSpan HeartbeatPatience => TimeSpan.FromMilliseconds(Math.Min(Lease.TotalMilliseconds / 16, 500));

    /// <summary>
    /// How many times, from 0 to 254, a task is queued again because its node was lost; the next loss fails the task
    /// with reason <c>node-lost</c>. Does not apply to retry policies that have a budget for node losses or count a
    /// lost node as a failed attempt.
    /// </summary>
    public int MaxNodeLosses { get; set; } = 5;

    /// <summary>
    /// The maximum number of submitted tasks that may wait for a queue's commit loop; more are refused with
    /// <c>queue-full</c>. A submission that finds no other one waiting is always accepted, however large.
    /// </summary>
    public int InboxTasks { get; set; } = ServiceLimits.SubmittedTasks;

    /// <summary>The same limit as <see cref="InboxTasks"/>, but in bytes of specs and secrets.</summary>
    public long InboxBytes { get; set; } = ServiceLimits.SubmittedBytes;

    /// <summary>
    /// The maximum number of tasks in a workflow, nodes and items together. A node that would exceed it fails.
    /// </summary>
    public int MaxWorkflowTasks { get; set; } = ServiceLimits.WorkflowTasks;

    /// <summary>
    /// The maximum number of open item tasks of a node with <c>forEach</c>. As these end, more are created.
    /// </summary>
    public int MaxOpenItems { get; set; } = ServiceLimits.OpenItems;

    /// <summary>The bounds of one round of the commit loop.</summary>
    public RoundBounds Round { get; set; } = new();

    /// <summary>
    /// How many waiting tasks a new owner reads at a time, between two rounds. A large page keeps callers waiting; a
    /// small page delays tasks, because those beyond it cannot be assigned yet.
    /// </summary>
    public int RecoveryPage { get; set; } = 50_000;

    /// <summary>
    /// Returns what is wrong with the heartbeat, the lease or <see cref="MaxNodeLosses"/>, or null if they are valid. A
    /// lease must survive the loss of two heartbeats and then leave the worker enough time to kill its attempts.
    /// </summary>
    public string? Validate() =>
        Heartbeat <= TimeSpan.Zero ? "the heartbeat must be greater than zero"
        : Lease < (3 * Heartbeat) + KillMargin
            ? $"a lease of {Lease.TotalSeconds:0.#} s is too short: it must be at least {((3 * Heartbeat) + KillMargin).TotalSeconds:0.#} s "
                + "(three heartbeats and the kill margin)"
        : MaxNodeLosses is < 0 or >= byte.MaxValue ? $"the maximum number of node losses per task must be from 0 to {byte.MaxValue - 1}"
        : null;
}
