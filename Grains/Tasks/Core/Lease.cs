namespace OrleansTasks.Tasks;

/// <summary>One attempt that a node holds. Times are Unix milliseconds.</summary>
internal sealed class Lease(int slot, LeaseToken token, DispatchNode node)
{
    /// <summary>The slot of the task in the table.</summary>
    public int Slot { get; } = slot;

    public LeaseToken Token { get; } = token;

    public DispatchNode Node { get; } = node;

    /// <summary>The session of the node that holds the lease: the one it was granted in, or a later one that listed it.</summary>
    public long Session { get; set; }

    /// <summary>
    /// Whether heartbeats of the node's current session renew the lease; otherwise it lapses at <see cref="ExpiresAt"/>.
    /// </summary>
    public bool IsCurrent { get; set; }

    /// <summary>When the lease lapses while it is not current; a current lease lapses with the node's term.</summary>
    public long ExpiresAt { get; set; }

    public long AssignedAt { get; init; }

    public long StartedAt { get; set; }

    public long CancelRequestedAt { get; set; }

    /// <summary>Since when the node's lists lack the lease; 0 when the last list had it.</summary>
    public long MissingSince { get; set; }

    /// <summary>When the start command or the cancel was last sent.</summary>
    public long SentAt { get; set; }

    /// <summary>
    /// How the previous attempt ended, if there was one; the task shows it again if this attempt is put back.
    /// </summary>
    public LastAttempt? Before { get; init; }

    /// <summary>How often the start command was sent again.</summary>
    public int Resent { get; set; }
}
