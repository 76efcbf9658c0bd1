namespace OrleansTasks.Nodes;

/// <summary>
/// Credit: how many leases a queue may hold on a node at once. It is a level and no difference, and only the highest version
/// counts, so that a repeated, lost or late offer is harmless.
/// </summary>
/// <param name="Queue">The queue it is for.</param>
/// <param name="Epoch">The queue's epoch it is for; another epoch ignores it.</param>
/// <param name="Node">The node.</param>
/// <param name="Session">The node's session; another session voids it.</param>
/// <param name="Version">Rises with every offer of the node's grain in this session.</param>
/// <param name="Limit">The number of leases allowed.</param>
/// <param name="AsOf"><see cref="NodeStatus.SentAt"/> of the node's latest heartbeat.</param>
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
    /// <summary>
    /// Which part of the node's slots is the queue's by its weight, because others want slots there, too; 1 when the queue
    /// gets all that it wants. 0 when that is not known.
    /// </summary>
    [Id(7)] public double Share { get; init; }
}
