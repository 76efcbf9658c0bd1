using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

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
