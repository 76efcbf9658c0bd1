using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// The right of one node to run one attempt of a task (or of a data job's chunk), until a time that heartbeats extend.
/// When a lease lapses, its attempt is lost: the task is queued again or ends. <see cref="LeaseBook"/> creates the
/// lease when the attempt is assigned or read from the store, renews it, and finds out when it lapses. Until
/// <see cref="LeaseBook.Release"/>, the lease is its task's <see cref="TaskSlot.Detail"/> and is in its node's
/// <see cref="NodeHold"/>. After that the lease must not be used: its slot may be another task's.
/// A session of a node is the time from one registration of its worker to the next; sessions are numbered.
/// Times are Unix milliseconds of the dispatcher's clock; 0 means not set. When the wall clock is set,
/// <see cref="NodeHold.ClockStepped"/> moves them, except the times of a task's start and cancel, which users see.
/// </summary>
internal sealed class Lease(int slot, LeaseToken token, DispatchNode node)
{
    /// <summary>The task's slot in the task table (not a slot of the node).</summary>
    public int Slot { get; } = slot;

    /// <summary>The attempt's secret. Only its node is told; a report without this token changes nothing.</summary>
    public LeaseToken Token { get; } = token;

    public DispatchNode Node { get; } = node;

    /// <summary>
    /// The session of the node that holds the lease: the session in which the lease was granted, or the latest one in
    /// which the node listed it.
    /// </summary>
    public long Session { get; set; }

    /// <summary>
    /// Whether heartbeats of the node's current session renew the lease; otherwise it lapses at
    /// <see cref="ExpiresAt"/>. Once the lease is in a <see cref="NodeHold"/>, only the <see cref="NodeHold"/> changes
    /// this value, because it keeps the count and the digest of the current leases. False for a lease that was read
    /// from the store or is of an earlier session, until the node lists the lease in its current session or is sent the
    /// start command again.
    /// </summary>
    public bool IsCurrent { get; set; }

    /// <summary>
    /// When the lease lapses if it is not current. Means nothing for a current lease, which lapses with the other
    /// current leases of its node (<see cref="NodeHold.LapsesAt"/>).
    /// </summary>
    public long ExpiresAt { get; set; }

    /// <summary>
    /// The lease does not lapse before this time, even if its renewed term ends earlier: the queue's
    /// previous owner may have gone on renewing leases for <see cref="DispatchOptions.ProofTerm"/>
    /// (<see cref="LeaseBook.Own"/>). 0 when this activation granted the lease later than that, or that term is zero.
    /// </summary>
    public long NotBefore { get; set; }

    /// <summary>When the attempt was assigned; for a lease that was read from the store, when it was read.</summary>
    public long AssignedAt { get; set; }

    /// <summary>
    /// When the dispatcher heard that the attempt had started; 0 while it has not heard so. If only the end is
    /// reported, reckoned back from the end by the run time.
    /// </summary>
    public long StartedAt { get; set; }

    /// <summary>When a cancel of the task was asked for; 0 when none was.</summary>
    public long CancelRequestedAt { get; set; }

    /// <summary>
    /// When a heartbeat's list of the worker's attempts first lacked this one; 0 when none has since the node was last
    /// known to have it. A list within one heartbeat interval of <see cref="SentAt"/> does not count, because the
    /// command may be on its way. A started attempt that is missing for two heartbeat intervals is lost.
    /// </summary>
    public long MissingSince { get; set; }

    /// <summary>
    /// When a command on the attempt was last sent; for a lease that was read from the store, when it was read. A
    /// command that seems lost is repeated one heartbeat interval later at the earliest.
    /// </summary>
    public long SentAt { get; set; }

    /// <summary>
    /// How the previous attempt ended. If the node gives this attempt back unstarted, the task shows the previous one
    /// again. Null when there was none, and for a lease that was read from the store, because the task's row only has
    /// the latest attempt.
    /// </summary>
    public LastAttempt? Before { get; init; }

    /// <summary>
    /// How often a repeat of the start command was due in this activation. After the third repeat,
    /// <see cref="LeaseBook"/> has the node kill the attempt instead.
    /// </summary>
    public int Resent { get; set; }
}
