using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// The answer to <see cref="NodeLeases"/>. Kill names the listed attempts that have no current lease.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.RenewReply")]
public sealed record RenewReply(
    [property: Id(0)] RenewOutcome Outcome,
    [property: Id(1)] ImmutableArray<LeaseRef> Kill)
{
    /// <summary>
    /// Whether the dispatcher needs the list of the worker's attempts: it expects others, or must repeat a cancel.
    /// </summary>
    [Id(2)] public bool NeedsList { get; init; }

    /// <summary>The epoch of the owner that replied; 0 if unknown.</summary>
    [Id(3)] public long Epoch { get; init; }
}
