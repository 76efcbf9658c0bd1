using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>A queue's wish for slots of a node, and what it holds there. It lapses 10 s after its last repeat.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Epoch">Its epoch; a newer one replaces all that an older one was granted.</param>
/// <param name="Session">The node session it speaks of.</param>
/// <param name="Count">How many more slots it could use now; 0 takes the wish back.</param>
/// <param name="Held">How many leases it holds on the node.</param>
/// <param name="Weight">The weight of the queue (<see cref="QueueSettings.Weight"/>); 0 stands for 1.</param>
[GenerateSerializer, Immutable, Alias("ot.SlotDemand")]
public sealed record SlotDemand(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Epoch,
    [property: Id(2)] long Session,
    [property: Id(3)] int Count,
    [property: Id(4)] int Held,
    [property: Id(5)] int Weight = QueueSettings.DefaultWeight);
