namespace OrleansTasks.Nodes;

/// <summary>What a queue keeps when credit is taken back from it.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Epoch">Its epoch; a newer one than the reclaim's means that the older one's credit is void.</param>
/// <param name="Session">The node session it speaks of.</param>
/// <param name="Version">The version of the reclaim that this answers.</param>
/// <param name="Kept">The leases it holds or may still make there: it uses no more until a newer offer.</param>
/// <param name="Wanted">How many more slots it could use now.</param>
[GenerateSerializer, Immutable, Alias("ot.SlotReturn")]
public sealed record SlotReturn(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Epoch,
    [property: Id(2)] long Session,
    [property: Id(3)] long Version,
    [property: Id(4)] int Kept,
    [property: Id(5)] int Wanted);
