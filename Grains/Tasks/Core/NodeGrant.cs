using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>
/// What a node's grain allows this partition in the node's current session, and what the partition has asked of it last. The limit is a
/// level with a version, so lost, doubled and late offers are harmless. Times are Unix milliseconds.
/// </summary>
internal sealed class NodeGrant
{
    /// <summary>The highest version taken. Versions begin anew at 1 in every session.</summary>
    private long version;

    /// <summary>When the last demand was sent; 0 for never.</summary>
    private long demandedAt;

    /// <summary>How many slots the last demand asked for, as far as it still counts: 0 once it is answered.</summary>
    private int demandedCount;

    /// <summary>How many leases of this partition there may be on the node at once, those it holds included.</summary>
    public int Limit { get; private set; }

    /// <summary>
    /// When the worker sent its latest heartbeat before the last offer, by its own clock; 0 while that is not known. The worker counts
    /// from it the term of a first lease, which no heartbeat has renewed yet.
    /// </summary>
    public long AsOf { get; private set; }

    /// <summary>When the node was last asked for slots; 0 when it was not, or the demand is forgotten.</summary>
    public long DemandedAt => demandedAt;

    /// <summary>
    /// Takes an offer or a reclaim of the current session, if it is newer than what is known. A reclaim brings no
    /// <see cref="SlotOffer.AsOf"/>. The limit may be lower than the number of leases, which stay.
    /// </summary>
    public void Take(SlotOffer offer, bool isOffer)
    {
        if (offer.Version <= version)
            return;
        version = offer.Version;
        Limit = offer.Limit;
        if (isOffer)
            AsOf = offer.AsOf;
    }

    /// <summary>Another session has begun: what was granted and asked for is void.</summary>
    public void Void()
    {
        version = 0;
        Limit = 0;
        AsOf = 0;
        Forget();
    }

    /// <summary>
    /// Whether it is time to ask for so many slots: more than last time, or not answered for <paramref name="repeat"/>
    /// milliseconds.
    /// </summary>
    public bool IsDue(int count, long now, long repeat) => now - demandedAt >= repeat || demandedCount < count;

    /// <summary>Notes that the node is asked for slots now.</summary>
    public void Demanded(int count, long now) => (demandedAt, demandedCount) = (now, count);

    /// <summary>The demand was answered with room: the next one is due at once.</summary>
    public void Answered() => demandedCount = 0;

    /// <summary>
    /// The node's grain is told, with the answer to a reclaim, how many slots are wanted: a demand for more is due at once.
    /// </summary>
    public void Told(int wanted) => demandedCount = Math.Min(demandedCount, wanted);

    /// <summary>Forgets the last demand: the next one is due at once.</summary>
    public void Forget() => (demandedAt, demandedCount) = (0, 0);

    /// <summary>The wall clock was set by so many milliseconds. <see cref="AsOf"/> is of another clock and stays.</summary>
    public void ClockStepped(long by) => demandedAt += by;
}
