using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

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
