namespace OrleansTasks.Tasks;

/// <summary>One attempt in a node's hands.</summary>
internal sealed class Lease(int slot, LeaseToken token, DispatchNode node)
{
    /// <summary>Where the task is in the table.</summary>
    public int Slot { get; } = slot;

    public LeaseToken Token { get; } = token;

    public DispatchNode Node { get; } = node;

    /// <summary>The node session it was granted in, or that has taken it over since.</summary>
    public long Session { get; set; }

    /// <summary>
    /// Whether it is renewed with the node's current session; else it runs out at <see cref="ExpiresAt"/>.
    /// </summary>
    public bool IsCurrent { get; set; }

    /// <summary>When it lapses, while it is not current; else the node's term counts.</summary>
    public long ExpiresAt { get; set; }

    public long AssignedAt { get; init; }

    public long StartedAt { get; set; }

    public long CancelRequestedAt { get; set; }

    /// <summary>Since when the node's lists have not had it; 0 when they have.</summary>
    public long MissingSince { get; set; }

    /// <summary>When its command, or its cancel, was last sent.</summary>
    public long SentAt { get; set; }

    /// <summary>
    /// How the attempt before it ended, if there was one: the task shows it again if this one is put back.
    /// </summary>
    public LastAttempt? Before { get; init; }

    /// <summary>How often its command was sent again.</summary>
    public int Resent { get; set; }
}
