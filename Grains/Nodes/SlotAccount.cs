using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>
/// What one partition has of a node's slots. <c>Limit &lt;= Reserved</c> once it was told anything.
/// <code>
///            Want                Grant                    a reclaim is sent
///   idle ----------> wanting ------------> granted ------------------------------> reclaiming
///    ^                 |    (10 ms, or until it uses what it got, it is left alone)    |
///    +---- 10 s -------+&lt;----------- answered: Reserved is what it keeps -------------+
///                      +&lt;----------- not answered: Reserved stays --------------------+
/// </code>
/// A newer epoch begins anew with what it holds, from every state.
/// </summary>
internal sealed class SlotAccount(PartitionKey partition, SlotTally tally)
{
    private int reserved;

    public PartitionKey Partition { get; } = partition;

    /// <summary>The partition's epoch that the figures are for; 0 before it has said anything.</summary>
    public long Epoch { get; private set; }

    /// <summary>How many slots the partition may be using, for all that is known.</summary>
    public int Reserved
    {
        get => reserved;
        set
        {
            tally.Change(value - reserved);
            reserved = value;
        }
    }

    /// <summary>How many it is told it may use: less than what is reserved while it gives some back.</summary>
    public int Limit { get; set; }

    /// <summary>How many it would like to have.</summary>
    public int Target { get; set; }

    public long WantedUntil { get; set; }

    public long WaitingSince { get; set; }

    /// <summary>
    /// The number of the grant that it got last: among those that wait since the same time, who got longer ago is next.
    /// </summary>
    public long LastGrant { get; set; }

    /// <summary>Whether it comes before another one that has as much.</summary>
    public bool IsBefore(SlotAccount other) =>
        WaitingSince != other.WaitingSince ? WaitingSince < other.WaitingSince : LastGrant < other.LastGrant;

    /// <summary>
    /// Until when what it was granted last is left to it, so that it can use it; 0 once it has used any of it. Without that two
    /// partitions whose commits are late would take the same slot from each other without end.
    /// </summary>
    public long LeftUntil { get; set; }

    /// <summary>Whether the partition should be told its limit.</summary>
    public bool IsOfferDue { get; set; }

    /// <summary>
    /// The version of the reclaim that has not been answered; 0 when there is none. No offer may overtake it.
    /// </summary>
    public long ReclaimVersion { get; set; }

    public bool IsReclaiming => ReclaimVersion != 0;

    public bool Wants(long now, int slots) => WantedUntil >= now && Reserved < Math.Min(Target, slots);

    /// <summary>Begins anew with what a new epoch holds.</summary>
    public void Begin(long epoch, int held)
    {
        Epoch = epoch;
        Reserved = Limit = held;
        ReclaimVersion = 0;
        WantedUntil = 0;
        LeftUntil = 0;
    }
}
