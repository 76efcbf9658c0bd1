using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>
/// What a node's grain allows this partition, and what the partition has asked of it last. The limit is a level with a
/// version, so lost, doubled and late offers are harmless. Times are Unix milliseconds.
/// </summary>
internal sealed class NodeGrant
{
    private long version;
    private long demandedAt;
    private int demandedCount;

    /// <summary>How many leases there may be.</summary>
    public int Limit { get; private set; }

    /// <summary>
    /// When the node's latest heartbeat before the last offer was sent: while nothing is held, a term may begin with
    /// it.
    /// </summary>
    public long AsOf { get; private set; }

    /// <summary>When it was last asked for slots.</summary>
    public long DemandedAt => demandedAt;

    /// <summary>Takes an offer or a reclaim, if it is newer than what is known.</summary>
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

    /// <summary>The node is asked for slots now.</summary>
    public void Demanded(int count, long now) => (demandedAt, demandedCount) = (now, count);

    /// <summary>The demand is answered: the next one need not wait until this one lapses.</summary>
    public void Answered() => demandedCount = 0;

    /// <summary>The node's grain knows from now on that no more than so many are wanted.</summary>
    public void Told(int wanted) => demandedCount = Math.Min(demandedCount, wanted);

    /// <summary>Asks anew as if nothing had been asked.</summary>
    public void Forget() => (demandedAt, demandedCount) = (0, 0);

    public void ClockStepped(long by) => demandedAt += by;
}
