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
