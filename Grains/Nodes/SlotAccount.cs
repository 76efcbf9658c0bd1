using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>
/// The slots of a node that are reserved for one partition. <c>Limit &lt;= Reserved</c> after the first offer.
/// Times are Unix milliseconds.
/// <code>
///            Want                Grant                    a reclaim is sent
///   idle ----------> wanting ------------> granted ------------------------------> reclaiming
///    ^                 |    (protected for 10 ms, or until the partition uses it)      |
///    +---- 10 s -------+&lt;----------- answered: Reserved is what the partition keeps --+
///                      +&lt;----------- not answered: Reserved stays --------------------+
/// </code>
/// From every state, a newer epoch of the partition starts over with the slots that the epoch holds.
/// </summary>
internal sealed class SlotAccount(PartitionKey partition, SlotTally tally)
{
    private int reserved;

    public PartitionKey Partition { get; } = partition;

    /// <summary>The epoch of the partition that the figures belong to; 0 before the partition's first demand.</summary>
    public long Epoch { get; private set; }

    /// <summary>
    /// The number of slots that the partition may be using. Every change is added to the node's tally.
    /// </summary>
    public int Reserved
    {
        get => reserved;
        set
        {
            tally.Change(value - reserved);
            reserved = value;
        }
    }

    /// <summary>
    /// The number of slots in the latest offer. Less than <see cref="Reserved"/> while the partition is asked to give
    /// slots back.
    /// </summary>
    public int Limit { get; set; }

    /// <summary>The number of slots that the partition wants to have in all.</summary>
    public int Target { get; set; }

    /// <summary>The time at which the partition's demand expires; 0 when the partition wants no more slots.</summary>
    public long WantedUntil { get; set; }

    /// <summary>The time of the partition's latest grant, or of its demand if the demand is later.</summary>
    public long WaitingSince { get; set; }

    /// <summary>
    /// The number of the partition's latest grant. Among partitions that have waited since the same time, the lowest
    /// number goes first.
    /// </summary>
    public long LastGrant { get; set; }

    /// <summary>Whether this account goes before another account that has equally many slots.</summary>
    public bool IsBefore(SlotAccount other) =>
        WaitingSince != other.WaitingSince ? WaitingSince < other.WaitingSince : LastGrant < other.LastGrant;

    /// <summary>
    /// The time until which the latest grant is protected from reclaims; 0 after the partition has used a slot of it.
    /// Without this protection, two partitions with slow commits would take the same slot from each other without end.
    /// </summary>
    public long ProtectedUntil { get; set; }

    /// <summary>Whether an offer with the current limit must be sent to the partition.</summary>
    public bool IsOfferDue { get; set; }

    /// <summary>
    /// The version of the unanswered reclaim; 0 when there is none. No offer is sent while a reclaim is unanswered.
    /// </summary>
    public long ReclaimVersion { get; set; }

    /// <summary>Whether a reclaim is unanswered.</summary>
    public bool IsReclaiming => ReclaimVersion != 0;

    /// <summary>Whether the partition wants more slots than it has.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="slots">The number of slots that the node has.</param>
    public bool Wants(long now, int slots) => WantedUntil >= now && Reserved < Math.Min(Target, slots);

    /// <summary>Starts over for a new epoch, which holds <paramref name="held"/> slots.</summary>
    public void Begin(long epoch, int held)
    {
        Epoch = epoch;
        Reserved = Limit = held;
        ReclaimVersion = 0;
        WantedUntil = 0;
        ProtectedUntil = 0;
    }
}
