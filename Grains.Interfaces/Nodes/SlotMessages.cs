using OrleansTasks.Queues;
using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// The slots that a queue holds, and how many more it wants (0: none), in a node's session. The demand lapses after 10
/// s. A newer epoch replaces all grants of an older one. <c>Weight</c> is <see cref="QueueSettings.Weight"/>; 0 means
/// 1. With a <c>Shape</c>, each slot comes with these resources (null: none). <c>Reserves</c> keeps what becomes free
/// for it, because it has waited long. <c>Lasts</c> is how long the shortest of the waiting tasks runs at most, in
/// milliseconds; 0 if unknown.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.SlotDemand")]
public sealed record SlotDemand(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Epoch,
    [property: Id(2)] long Session,
    [property: Id(3)] int Count,
    [property: Id(4)] int Held,
    [property: Id(5)] int Weight = QueueSettings.DefaultWeight,
    [property: Id(6)] ResourceVector? Shape = null,
    [property: Id(7)] bool Reserves = false,
    [property: Id(8)] long Lasts = 0);

/// <summary>
/// The number of leases that a queue may hold on a node. It is an absolute number, and the offer with the highest
/// version counts, so repeated, lost and late offers do no harm. An offer is void in another epoch or session.
/// <c>AsOf</c> is the <see cref="NodeStatus.SentAt"/> of the latest heartbeat.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.SlotOffer")]
public sealed record SlotOffer(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Epoch,
    [property: Id(2)] string Node,
    [property: Id(3)] long Session,
    [property: Id(4)] long Version,
    [property: Id(5)] int Limit,
    [property: Id(6)] long AsOf = 0)
{
    /// <summary>The queue's share of the node's slots by weight; 1 if it gets all it wants, 0 if unknown.</summary>
    [Id(7)] public double Share { get; init; }

    /// <summary>The resources of each lease that the limit is about; null for leases without any.</summary>
    [Id(8)] public ResourceVector? Shape { get; init; }

    /// <summary>
    /// When every attempt that begins under this offer must have ended, in Unix milliseconds, because a larger task
    /// starts then; 0 for no bound.
    /// </summary>
    [Id(9)] public long EndsBy { get; init; }
}

/// <summary>
/// The answer to the reclaim with this version. Kept is how many leases the queue holds or may still make, which is its
/// limit until a newer offer; Wanted is how many more it wants, and Lasts as in <see cref="SlotDemand"/>. A newer epoch
/// than the reclaim's voids older offers.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.SlotReturn")]
public sealed record SlotReturn(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Epoch,
    [property: Id(2)] long Session,
    [property: Id(3)] long Version,
    [property: Id(4)] int Kept,
    [property: Id(5)] int Wanted,
    [property: Id(6)] ResourceVector? Shape = null,
    [property: Id(7)] long Lasts = 0);
