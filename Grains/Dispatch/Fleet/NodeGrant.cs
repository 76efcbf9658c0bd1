using OrleansTasks.Nodes;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// How many leases of this queue a node's grain allows on the node in its current session (the grant), and what the
/// dispatcher last asked of that grain. A lease is the right of the node to run one attempt. A node's grain divides the
/// node's slots among queues: dispatchers send it demands (<see cref="SlotDemands"/>), and the grain answers with
/// offers and later takes slots back with reclaims. Offers and reclaims state the new limit, not a difference, with a
/// version, so a lost, repeated or late message does no harm.
/// <see cref="DispatchNode"/> has one. In memory only: a new activation has no grant until it is offered one. Times are
/// Unix milliseconds of the dispatcher's clock, except <see cref="AsOf"/>.
/// </summary>
internal sealed class NodeGrant
{
    /// <summary>The highest version that was taken. Each session's versions begin at 1.</summary>
    private long version;

    /// <summary>When the last demand was sent; 0 when none counts.</summary>
    private long demandedAt;

    /// <summary>
    /// How many slots the last demand asked for; lowered by <see cref="Told"/>, and 0 once an offer gave room.
    /// </summary>
    private int demandedCount;

    /// <summary>
    /// How many leases of this queue may exist on the node at once, including those that exist; 0 before the first
    /// offer. May be larger than the node's slots, because tasks are sent ahead.
    /// </summary>
    public int Limit { get; private set; }

    /// <summary>
    /// When the worker had sent its latest heartbeat at the time of the last offer, by the worker's own clock; 0 while
    /// that is not known. The term of a first lease, which no heartbeat has renewed yet, counts from it
    /// (<see cref="NodeHold.AsOf"/>).
    /// </summary>
    public long AsOf { get; private set; }

    /// <summary>
    /// <see cref="SlotOffer.Share"/> of the last offer or reclaim: the part of the node's slots that is this queue's while
    /// other queues want slots there; 1 when nothing bounds it, 0 while that is not known.
    /// </summary>
    public double Share { get; private set; }

    /// <summary>When the node's grain was last asked for slots; 0 when no demand counts.</summary>
    public long DemandedAt => demandedAt;

    /// <summary>Whether the last demand asked for slots, and was not answered with room.</summary>
    public bool HasDemand => demandedCount > 0;

    /// <summary>
    /// Takes an offer or a reclaim for this epoch (the dispatcher's ownership number) and the current session, which
    /// the caller has checked; ignores it unless it is newer than the last. The new limit may be lower than the number
    /// of leases: these stay, and the node gets no more until enough of them have ended.
    /// </summary>
    /// <param name="offer">The offer or the reclaim.</param>
    /// <param name="isOffer">True for an offer. A reclaim has no <see cref="SlotOffer.AsOf"/>.</param>
    public void Take(SlotOffer offer, bool isOffer)
    {
        if (offer.Version <= version)
            return;
        version = offer.Version;
        Limit = offer.Limit;
        Share = offer.Share;
        if (isOffer)
            AsOf = offer.AsOf;
    }

    /// <summary>Voids the grant and the demand, because another session has begun.</summary>
    public void Void()
    {
        version = 0;
        Limit = 0;
        Share = 0;
        AsOf = 0;
        Forget();
    }

    /// <summary>
    /// Whether to send a demand for <paramref name="count"/> slots now: the last demand that counts was for fewer, or
    /// is <paramref name="repeat"/> milliseconds old: it may have been lost, and the node's grain drops it after 10 s.
    /// </summary>
    public bool IsDue(int count, long now, long repeat) => now - demandedAt >= repeat || demandedCount < count;

    /// <summary>
    /// Whether an answer to the last demand can still be expected: it has not been answered with room, and was sent
    /// less than <paramref name="patience"/> milliseconds ago.
    /// </summary>
    public bool IsAwaited(long now, long patience) => demandedCount > 0 && now - demandedAt < patience;

    /// <summary>Notes that a demand for <paramref name="count"/> slots is sent now.</summary>
    public void Demanded(int count, long now) => (demandedAt, demandedCount) = (now, count);

    /// <summary>Notes that an offer gave room. When that is used up, the next demand is due at once.</summary>
    public void Answered() => demandedCount = 0;

    /// <summary>
    /// Notes that the answer to a reclaim tells the node's grain how many slots are wanted, which replaces the last
    /// demand there. A demand for more is due at once.
    /// </summary>
    public void Told(int wanted) => demandedCount = Math.Min(demandedCount, wanted);

    /// <summary>Forgets the last demand, so that the next is due at once.</summary>
    public void Forget() => (demandedAt, demandedCount) = (0, 0);

    /// <summary>
    /// The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back). <see cref="AsOf"/> stays,
    /// because it is of the worker's clock.
    /// </summary>
    public void ClockStepped(long by) => demandedAt += by;
}
