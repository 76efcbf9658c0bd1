namespace OrleansTasks.Tasks;

/// <summary>
/// One attempt that a node holds. It is its task's <see cref="TaskSlot.Detail"/> and in its node's <see cref="NodeHold"/> until
/// <see cref="LeaseBook.Release"/>; its slot of the table may be another task's afterwards. Times are Unix milliseconds; 0 means not set.
/// </summary>
internal sealed class Lease(int slot, LeaseToken token, DispatchNode node)
{
    /// <summary>The slot of the task in the task table.</summary>
    public int Slot { get; } = slot;

    /// <summary>The secret that proves who holds this attempt; a report without it changes nothing.</summary>
    public LeaseToken Token { get; } = token;

    public DispatchNode Node { get; } = node;

    /// <summary>The session of the node that holds the lease: the one it was granted in, or a later one that listed it.</summary>
    public long Session { get; set; }

    /// <summary>
    /// Whether heartbeats of the node's current session renew the lease; otherwise it lapses at <see cref="ExpiresAt"/>. Only
    /// <see cref="NodeHold"/> changes it once the lease is held, since the count and the digest of the current leases go by it.
    /// </summary>
    public bool IsCurrent { get; set; }

    /// <summary>When the lease lapses while it is not current; a current lease lapses with the node's term.</summary>
    public long ExpiresAt { get; set; }

    /// <summary>
    /// The lease does not lapse before this time, whenever it is renewed: the previous owner may have confirmed it. 0 when there was none.
    /// </summary>
    public long NotBefore { get; set; }

    /// <summary>When the attempt was assigned; after a recovery, when the lease was read.</summary>
    public long AssignedAt { get; set; }

    /// <summary>When the attempt started, as the dispatcher heard of it; 0 while it has not.</summary>
    public long StartedAt { get; set; }

    /// <summary>When a cancel was asked for; 0 when none was.</summary>
    public long CancelRequestedAt { get; set; }

    /// <summary>Since when the node's lists lack the lease; 0 when the last list had it.</summary>
    public long MissingSince { get; set; }

    /// <summary>When the start command or the cancel was last sent; after a recovery, when the lease was read.</summary>
    public long SentAt { get; set; }

    /// <summary>
    /// How the previous attempt ended; the task shows it again if this attempt is put back before it started. Null when there was none,
    /// and after a recovery, since the task's row has the latest attempt alone.
    /// </summary>
    public LastAttempt? Before { get; init; }

    /// <summary>How often the start command was sent again, by this activation.</summary>
    public int Resent { get; set; }
}
