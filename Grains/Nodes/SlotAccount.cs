using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// A queue's slots on a node for leases with the same resources (the shape, usually none): how many are reserved, the limit of leases that it was last sent, and how many it wants.
/// Times are Unix milliseconds of the node grain's steady clock.
/// </summary>
/// <remarks>
/// Always <c>Limit &lt;= Reserved</c>: a slot stays reserved until its return is confirmed. The flags are independent:
/// <code>
/// asks        Asks             from a demand until it is met, withdrawn, or 10 s old
/// wants       Wants            asks, and the node has the resources of one more lease free
/// protected   ProtectedUntil   for 10 ms from a grant, or until the queue uses a slot: no slot is taken back
/// offer due   IsOfferDue       until the offer is sent, which waits while the account is reclaiming
/// reclaiming  IsReclaiming     from a reclaim until its answer; Reserved is then what the queue keeps.
///                              A reclaim without an answer ends as well, but Reserved stays.
/// </code>
/// </remarks>
internal sealed class SlotAccount(string queue, ResourceVector shape, SlotTally tally)
{
    // Shares are sums of floating-point fractions, which are not exact.
    internal const double Rounding = 1e-9;

    private int reserved;

    // The most leases that the queue has agreed to keep, and, with a bound, had before. It may have all others.
    private int agreed = int.MaxValue;
    private int keptBefore;

    public string Queue { get; } = queue;

    /// <summary>The resources that come with each of the slots.</summary>
    public ResourceVector Shape { get; } = shape;

    public long Epoch { get; private set; }

    /// <summary>Slots that the queue may be using, which no other can get.</summary>
    public int Reserved
    {
        get => reserved;
        set
        {
            tally.Change(value - reserved, Shape);
            reserved = value;
        }
    }

    /// <summary>
    /// The leases that the queue may hold by the last offer, or by the offer that is due; 0 before the first demand,
    /// even if the worker brought attempts. A reclaim lowers it below <see cref="Reserved"/> until
    /// <see cref="SlotLedger.Grant"/>.
    /// </summary>
    public int Limit { get; set; }

    /// <summary>Slots that the queue wants in total, until <see cref="WantedUntil"/>. May exceed the node's.</summary>
    public int Target { get; set; }

    /// <summary>When the demand expires unless repeated; 0 if the queue wants no more.</summary>
    public long WantedUntil { get; set; }

    /// <summary>When the latest grant or, if later, the wanting began. Repeated demands do not change it.</summary>
    public long WaitingSince { get; set; }

    /// <summary>The latest grant's number, which orders queues that wait since the same millisecond.</summary>
    public long LastGrant { get; set; }

    public int Weight { get; set; } = 1;

    /// <summary>Whether the latest demand asks the node to keep what becomes free for this account.</summary>
    public bool Reserves { get; set; }

    /// <summary>
    /// How long the shortest task that the queue wants a slot for runs at most, in milliseconds; 0 if unknown.
    /// </summary>
    public long Lasts { get; set; }

    /// <summary>
    /// When all attempts that the queue begins under its offer must have ended, because a <see cref="Reservation"/>
    /// then begins; 0 for no bound.
    /// </summary>
    public long EndsBy { get; private set; }

    /// <summary>
    /// Leases with which the queue may begin attempts of any length: all that it has not agreed to give. If it has a
    /// bound, this is what it might still have by an offer from before, because nobody knows that the offer with the
    /// bound has arrived.
    /// </summary>
    public int Kept => Math.Min(Reserved, EndsBy > 0 ? keptBefore : agreed);

    /// <summary>
    /// The queue's slots while others want some, perhaps with a fraction; 0 if it neither has nor wants any.
    /// </summary>
    public double Share { get; set; }

    public bool IsBoundByShare { get; set; }

    /// <summary>The share's whole slots, which the queue keeps as long as it wants them.</summary>
    public int Floor => (int)Math.Floor(Share + Rounding);

    /// <summary>The fraction of a slot in the share; queues take turns with it.</summary>
    public double Fraction => Share - Floor > Rounding ? Share - Floor : 0;

    public int Ceiling => Fraction > 0 ? Floor + 1 : Floor;

    /// <summary>Slot-milliseconds by which the queue is behind its <see cref="Fraction"/>; negative if ahead.</summary>
    public double Lag { get; set; }

    public bool HasTurns { get; set; }

    public double Debt => Math.Max(0, -Lag);

    /// <summary>
    /// Whether a reclaim was answered with a slot still in use; the queue is asked again once it has an unused slot.
    /// </summary>
    public bool IsGiving { get; set; }

    /// <summary>
    /// Returns whether this account is first among equal claims, to get a slot or to give one: it has waited longer.
    /// </summary>
    public bool IsBefore(SlotAccount other) =>
        WaitingSince != other.WaitingSince ? WaitingSince < other.WaitingSince : LastGrant < other.LastGrant;

    /// <summary>
    /// When the latest grant's protection ends; 0 once the slot is used. Without protection, two queues with slow
    /// commits would take the same slot from each other endlessly.
    /// </summary>
    public long ProtectedUntil { get; set; }

    /// <summary>Whether to send an offer: new grant, newer epoch, lost offer, or reclaimed limit to raise.</summary>
    public bool IsOfferDue { get; set; }

    /// <summary>
    /// The version of the unanswered reclaim, or 0. An offer sent before the answer could overtake and void it.
    /// </summary>
    public long ReclaimVersion { get; set; }

    public bool IsReclaiming => ReclaimVersion != 0;

    /// <summary>Returns whether the queue wants more, and the node's slots would allow it.</summary>
    public bool Asks(long now, int slots) => WantedUntil >= now && Reserved < Math.Min(Target, slots);

    /// <summary>
    /// Returns whether the queue wants more, and only a slot may be missing. An account whose resources are not free
    /// competes for no slot: it could not use one.
    /// </summary>
    public bool Wants(long now, int slots) => Asks(now, slots) && tally.Fits(this, now);

    /// <summary>Returns whether the queue wants more, and resources are missing.</summary>
    public bool Lacks(long now, int slots) => Asks(now, slots) && !tally.Fits(this, now);

    /// <summary>Returns whether the queue could use more slots, even if the node has no more.</summary>
    public bool IsShort(long now) => WantedUntil >= now && Target > Reserved;

    public int DemandAt(long now, int slots) =>
        Math.Min(slots, WantedUntil >= now && tally.Fits(this, now) ? Math.Max(Reserved, Target) : Reserved);

    /// <summary>Notes how many leases the queue keeps after a reclaim, some of which it may still have in use.</summary>
    public void Agree(int kept)
    {
        Reserved = kept;
        Limit = Math.Min(Limit, kept);
        ReclaimVersion = 0;
        IsGiving = Limit < kept;
        agreed = Limit;
        keptBefore = Math.Min(keptBefore, Limit);
    }

    /// <summary>Lets the queue use all its leases again.</summary>
    public void Raise() => (Limit, IsGiving, agreed) = (Reserved, false, int.MaxValue);

    /// <summary>Has all attempts that the queue begins from its next offer on end by a time.</summary>
    public void Bind(long endsBy)
    {
        keptBefore = Kept;
        (EndsBy, IsGiving, agreed) = (endsBy, false, int.MaxValue);
    }

    /// <summary>Lets the queue begin attempts of any length with all its leases again.</summary>
    public void Unbind() => EndsBy = 0;

    /// <summary>Starts over for a newer epoch, whose dispatcher knows of no earlier offer.</summary>
    public void Begin(long epoch, int held)
    {
        Epoch = epoch;
        Reserved = Limit = held;
        ReclaimVersion = 0;
        IsGiving = false;
        WantedUntil = 0;
        Reserves = false;
        EndsBy = 0;
        agreed = int.MaxValue;
        ProtectedUntil = 0;
    }
}
