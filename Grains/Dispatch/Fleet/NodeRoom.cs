using OrleansTasks.Nodes;
using OrleansTasks.Resources;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// A node's room for leases of one queue that have the same resources (the shape): how many it has, and how many the
/// node's grain allows. Leases without resources have a room of their own, which every node has.
/// </summary>
internal sealed class NodeRoom(DispatchNode node, ResourceVector shape, long after = 0)
{
    public DispatchNode Node { get; } = node;

    public ResourceVector Shape { get; } = shape;

    public NodeGrant Grant { get; } = new(after);

    /// <summary>How many leases with the shape the node holds, those of earlier sessions included.</summary>
    public int Count { get; set; }

    /// <summary>The key in <see cref="NodeRanks"/>, set only there; null while the room is not listed there.</summary>
    public LoadRank? Rank { get; set; }

    /// <summary>Whether nothing is lost if the room is forgotten.</summary>
    public bool IsIdle => Count == 0 && Grant is { Limit: 0, HasDemand: false };

    /// <summary>Whether one more lease fits. Leases of earlier sessions count: they may occupy slots.</summary>
    public bool IsFree => Count < Grant.Limit && Node.IsUsable;
}

/// <summary>
/// How many leases of this queue a node's grain allows in the current session (the grant), and what the dispatcher last
/// demanded from that grain (<see cref="SlotDemands"/>). Offers and reclaims state the limit itself, not a change, and
/// have a version, so lost, repeated and late ones do no harm. Times are Unix milliseconds of the dispatcher's clock;
/// AsOf is of the worker's clock. Offers up to the version <paramref name="after"/> are too old.
/// </summary>
internal sealed class NodeGrant(long after = 0)
{
    // The highest version applied. Versions begin at 1 in each session.
    private long version = after;

    private long demandedAt;

    // How many slots the last demand asked for, or fewer after Told; 0 once an offer gave room.
    private int demandedCount;

    // How long the shortest of the tasks that the last demand was for runs at most; 0 if unknown.
    private long demandedLasts;

    /// <summary>The highest version of an offer or a reclaim applied in this session.</summary>
    public long Version => version;

    /// <summary>
    /// How many leases may exist on the node. May exceed the node's slots, because tasks are sent ahead.
    /// </summary>
    public int Limit { get; private set; }

    /// <summary>
    /// When the worker sent the latest heartbeat that the last offer reported, by the worker's clock; 0 if unknown. The
    /// term of a first lease, which no heartbeat has renewed yet, counts from it.
    /// </summary>
    public long AsOf { get; private set; }

    /// <summary>
    /// The fraction of the slots that belongs to this queue while others want some; 1 for no bound, 0 if unknown.
    /// </summary>
    public double Share { get; private set; }

    /// <summary>
    /// When an attempt that begins now must have ended, because the node then starts a larger task; 0 for no bound.
    /// </summary>
    public long EndsBy { get; private set; }

    /// <summary>When slots were last demanded; 0 when no demand counts.</summary>
    public long DemandedAt => demandedAt;

    /// <summary>Whether the last demand asked for slots and was not answered with room.</summary>
    public bool HasDemand => demandedCount > 0;

    /// <summary>
    /// Applies an offer or a reclaim, whose epoch and session the caller has checked, unless a newer one was applied.
    /// Leases beyond a lowered limit stay, but the node gets no more until enough of them have ended.
    /// </summary>
    public void Take(SlotOffer offer, bool isOffer)
    {
        if (offer.Version <= version)
            return;
        version = offer.Version;
        Limit = offer.Limit;
        Share = offer.Share;
        EndsBy = offer.EndsBy;
        if (isOffer)
            AsOf = offer.AsOf;
    }

    /// <summary>Voids the grant and the demand, because another session has begun.</summary>
    public void Void()
    {
        version = 0;
        Limit = 0;
        Share = 0;
        EndsBy = 0;
        AsOf = 0;
        Forget();
    }

    /// <summary>Returns whether a task that runs for at most this time may begin now.</summary>
    public bool Allows(long lasts, long now) => EndsBy == 0 || lasts <= EndsBy - now;

    /// <summary>
    /// Returns whether to demand slots: the last demand was for fewer, for longer tasks, or is old. Demands expire
    /// after 10 s. <paramref name="lasts"/> is 0 if unknown.
    /// </summary>
    public bool IsDue(int count, long now, long repeat, long lasts = 0) =>
        now - demandedAt >= repeat || demandedCount < count
        || (lasts > 0 && (demandedLasts == 0 || lasts < demandedLasts));

    /// <summary>
    /// Returns whether the last demand may still be answered: no room yet, and younger than the patience.
    /// </summary>
    public bool IsAwaited(long now, long patience) => demandedCount > 0 && now - demandedAt < patience;

    public void Demanded(int count, long now, long lasts = 0) =>
        (demandedAt, demandedCount, demandedLasts) = (now, count, lasts);

    /// <summary>Notes that an offer gave room. Once that is used up, the next demand is due at once.</summary>
    public void Answered() => demandedCount = 0;

    /// <summary>
    /// Notes the number wanted in a reply to a reclaim, which replaces the demand at the node's grain.
    /// </summary>
    public void Told(int wanted) => demandedCount = Math.Min(demandedCount, wanted);

    /// <summary>Makes the next demand due at once.</summary>
    public void Forget() => (demandedAt, demandedCount, demandedLasts) = (0, 0, 0);

    /// <summary>
    /// Moves the time of the demand. <see cref="AsOf"/> stays, because it is a time of the worker's clock.
    /// </summary>
    public void ClockStepped(long by)
    {
        demandedAt += by;
        EndsBy += EndsBy == 0 ? 0 : by;
    }
}
