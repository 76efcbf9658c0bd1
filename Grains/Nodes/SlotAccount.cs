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

    /// <summary>The queue's weight, equal in all its accounts (<see cref="SlotAccounts.SetWeight"/>).</summary>
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

    /// <summary>
    /// Returns whether the queue will use all its leases in its next commit: it wants more than it has, and its
    /// shortest task may still begin under its bound.
    /// </summary>
    public bool UsesAll(long now) => IsShort(now) && (EndsBy == 0 || (Lasts > 0 && Lasts <= EndsBy - now));

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

/// <summary>
/// Counts the slots of a node session: <c>Free + Reserved = Slots</c>. Each <see cref="SlotAccount"/> reports its
/// changes here, so the sum needs no search. Of the resources that the node offers, it counts what is reserved as well.
/// </summary>
internal sealed class SlotTally(int slots, ResourceVector offered)
{
    // Negative where the worker brought attempts with more than it offers now.
    private readonly Dictionary<string, long> freeResources = offered.Amounts.ToDictionary(
        static one => one.Name, static one => one.Amount, StringComparer.Ordinal);

    // How much of a resource was reserved when the worker last brought an attempt into the session.
    private readonly Dictionary<string, long> brought = new(StringComparer.Ordinal);

    /// <summary>What the node offers besides slots.</summary>
    public ResourceVector Offered { get; } = offered;

    /// <summary>What the node keeps for an account that has waited long; null for nothing.</summary>
    public Reservation? Reservation { get; set; }

    /// <summary>The account for which the node keeps what becomes free; null for none.</summary>
    public SlotAccount? Reserving => Reservation?.Holder;

    /// <summary>Number of slots, including those for tasks that are sent ahead.</summary>
    public int Slots { get; private set; } = slots;

    public int Reserved { get; private set; }

    /// <summary>Free slots; negative if the worker brought too many attempts, or after <see cref="Resize"/>.</summary>
    public int Free => Slots - Reserved;

    /// <summary>An upper bound on the leases at any one time; read by the simulator's checks.</summary>
    public int MostLeases { get; private set; } = slots;

    public void Resize(int newSlots)
    {
        Slots = newSlots;
        NoteMost();
    }

    public void Change(int by, ResourceVector shape)
    {
        Reserved += by;
        foreach (var one in shape.Amounts)
            freeResources[one.Name] = freeResources.GetValueOrDefault(one.Name) - (by * one.Amount);
        NoteMost();
    }

    /// <summary>Returns how much of a resource is free; negative if more is reserved than the node offers.</summary>
    public long FreeOf(string resource) => freeResources.GetValueOrDefault(resource);

    /// <summary>
    /// Returns the maximum of a resource that may be reserved: what the node offers, or what was reserved when the
    /// worker last brought an attempt, if that was more. A worker brings an attempt whose lease has lapsed until its
    /// end is stored, and other attempts may have started in its place. Read by the simulator's checks.
    /// </summary>
    public long MostOf(string resource) => Math.Max(Offered[resource], brought.GetValueOrDefault(resource));

    /// <summary>Notes what is reserved now that the worker has brought an attempt with these resources.</summary>
    public void NoteBrought(ResourceVector shape)
    {
        foreach (var one in shape.Amounts)
            brought[one.Name] = Offered[one.Name] - FreeOf(one.Name);
    }

    /// <summary>Returns whether an account could get one more lease with its resources.</summary>
    public bool Fits(SlotAccount account, long now)
    {
        if (account.Shape.IsEmpty)
            return true;
        if (Reservation?.LetsPass(account, now) == false)
            return false;
        foreach (var one in account.Shape.Amounts)
        {
            if (one.Amount > FreeOf(one.Name))
                return false;
        }

        return true;
    }

    private void NoteMost() => MostLeases = Math.Max(MostLeases, Math.Max(Slots, Reserved));
}
