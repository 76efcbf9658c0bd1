namespace OrleansTasks.Nodes;

/// <summary>
/// What one node has given one queue: the slots that are reserved for the queue, the limit
/// that the queue was told, and how many slots the queue wants. A slot is room for one attempt at a task.
/// The queue's dispatcher may have as many attempts on the node, each under a lease, as the limit says.
/// <see cref="SlotLedger"/> owns the accounts of a node's session and changes them;
/// <see cref="SlotAccounts"/> and <see cref="ReclaimRule"/> choose which account gets or gives back the next slot.
/// Times are Unix milliseconds of the node grain's steady clock.
/// </summary>
/// <remarks>
/// A demand says how many slots the queue wants, and an offer tells it the limit. A reclaim is an offer of a lower
/// limit, to which the queue answers how many slots it keeps.
/// Always <c>Limit &lt;= Reserved</c>: a slot whose return is not confirmed stays reserved,
/// since the queue may be using it. The flags are independent of each other:
/// <code>
/// wants       Wants            from a demand until it is met, taken back, or 10 s old
/// protected   ProtectedUntil   for 10 ms from a grant, or until the queue uses a slot: no slot is taken back
/// offer due   IsOfferDue       until the offer is sent, which waits while the account is reclaiming
/// reclaiming  IsReclaiming     from a reclaim until its answer; Reserved is then what the queue keeps.
///                              A reclaim without an answer ends, too, but Reserved stays.
/// </code>
/// An epoch is the number of one ownership of the queue.
/// A newer epoch starts the account over (<see cref="Begin"/>), since its dispatcher knows of no earlier offer.
/// </remarks>
/// <param name="queue">The queue.</param>
/// <param name="tally">Counts the slots of the node.</param>
internal sealed class SlotAccount(string queue, SlotTally tally)
{
    // Shares are sums of fractions, which are not exact.
    private const double Rounding = 1e-9;

    private int reserved;

    /// <summary>The queue.</summary>
    public string Queue { get; } = queue;

    /// <summary>
    /// The epoch that the account is of; 0 before the queue's first demand or answer to a reclaim.
    /// </summary>
    public long Epoch { get; private set; }

    /// <summary>
    /// The number of slots that the queue may be using, which no other queue can get.
    /// Every change also changes the node's tally.
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
    /// The number of leases that the queue was last told it may hold, or is to be told by an offer that is due.
    /// 0 before the first demand, even if slots are reserved for attempts that the worker brought from an earlier
    /// session. A reclaim lowers the limit below <see cref="Reserved"/>.
    /// The limit stays lower while the queue keeps slots in use or has not answered,
    /// until <see cref="SlotLedger.Grant"/> raises it again.
    /// </summary>
    public int Limit { get; set; }

    /// <summary>
    /// The number of slots that the queue wants in all, those that it holds included.
    /// Means nothing after <see cref="WantedUntil"/>. May exceed the node's slots.
    /// </summary>
    public int Target { get; set; }

    /// <summary>
    /// When the queue's demand expires unless it is repeated; 0 when the queue wants no more slots.
    /// </summary>
    public long WantedUntil { get; set; }

    /// <summary>
    /// Since when the queue waits for a slot: since its latest grant,
    /// or since it began to want slots if that is later. Repeats of a demand do not change it.
    /// </summary>
    public long WaitingSince { get; set; }

    /// <summary>
    /// The number of the queue's latest grant among all grants of the session; 0 before the first.
    /// Among queues that have waited since the same millisecond, the lowest number goes first,
    /// so that they take turns.
    /// </summary>
    public long LastGrant { get; set; }

    /// <summary>The weight of the queue, 1 to 100, as its latest demand said.</summary>
    public int Weight { get; set; } = 1;

    /// <summary>
    /// How many of the node's slots are the queue's while others want slots, too (<see cref="SlotShares"/>); 0 when
    /// it neither has nor wants a slot.
    /// </summary>
    public double Share { get; set; }

    /// <summary>Whether the queue wants more than its share.</summary>
    public bool IsBoundByShare { get; set; }

    /// <summary>The whole slots of the share, which the queue keeps as long as it wants them.</summary>
    public int Floor => (int)Math.Floor(Share + Rounding);

    /// <summary>The part of a slot that the share has besides <see cref="Floor"/>; queues take turns with those.</summary>
    public double Fraction => Share - Floor > Rounding ? Share - Floor : 0;

    /// <summary>The slots that the queue has when it is its turn.</summary>
    public int Ceiling => Fraction > 0 ? Floor + 1 : Floor;

    /// <summary>
    /// The slot-milliseconds by which the queue has had less than its <see cref="Fraction"/>; negative when it has had
    /// more.
    /// </summary>
    public double Lag { get; set; }

    /// <summary>
    /// Whether the queue took turns with others at the last division of slots (<see cref="SlotShares.Divide"/>).
    /// </summary>
    public bool HasTurns { get; set; }

    /// <summary>The slot-milliseconds that the queue owes to others.</summary>
    public double Debt => Math.Max(0, -Lag);

    /// <summary>
    /// Whether the queue has answered a reclaim and still uses the slot. It gives the slot back when an attempt ends;
    /// to ask it again before that is of no use.
    /// </summary>
    public bool IsGiving { get; set; }

    /// <summary>
    /// Whether this account goes before another one with an equal claim, both to get a slot and to give one back:
    /// the account that has waited longer goes first.
    /// </summary>
    public bool IsBefore(SlotAccount other) =>
        WaitingSince != other.WaitingSince ? WaitingSince < other.WaitingSince : LastGrant < other.LastGrant;

    /// <summary>
    /// Until when the latest grant is protected from reclaims, except when the worker leaves, its stream breaks,
    /// or the node has too few slots; 0 once the queue has sent a start command.
    /// Without protection, two queues with slow commits would take the same slot from each other without end,
    /// and neither would use it.
    /// </summary>
    public long ProtectedUntil { get; set; }

    /// <summary>
    /// Whether an offer must be sent: after a grant, for a newer epoch, because an earlier offer seems lost,
    /// or to raise a limit that a reclaim has lowered.
    /// </summary>
    public bool IsOfferDue { get; set; }

    /// <summary>
    /// The version of the unanswered reclaim; 0 when there is none.
    /// No offer is sent while a reclaim is unanswered: an offer that overtakes the reclaim would void it,
    /// because the offer's version is higher.
    /// </summary>
    public long ReclaimVersion { get; set; }

    /// <summary>Whether a reclaim is unanswered.</summary>
    public bool IsReclaiming => ReclaimVersion != 0;

    /// <summary>Whether the queue wants more slots than it has, and the node could give it more.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="slots">
    /// The number of slots of the node, including those for tasks that are sent ahead and wait at the worker.
    /// </param>
    public bool Wants(long now, int slots) => WantedUntil >= now && Reserved < Math.Min(Target, slots);

    /// <summary>Whether the queue could use more slots than it has, even if the node has no more.</summary>
    public bool IsShort(long now) => WantedUntil >= now && Target > Reserved;

    /// <summary>How many of the node's slots the queue has or wants.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="slots">The number of slots of the node.</param>
    public int DemandAt(long now, int slots) => Math.Min(slots, WantedUntil >= now ? Math.Max(Reserved, Target) : Reserved);

    /// <summary>
    /// Starts over for a newer epoch. Earlier offers are void, and the answer to an earlier reclaim will be ignored.
    /// </summary>
    /// <param name="epoch">The newer epoch.</param>
    /// <param name="held">The number of slots that the newer epoch holds or may still use.</param>
    public void Begin(long epoch, int held)
    {
        Epoch = epoch;
        Reserved = Limit = held;
        ReclaimVersion = 0;
        IsGiving = false;
        WantedUntil = 0;
        ProtectedUntil = 0;
    }
}
