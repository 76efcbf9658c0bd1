using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>The answer to <see cref="NodeLeases"/>.</summary>
/// <param name="Outcome">How it was taken.</param>
/// <param name="Kill">Attempts of the list whose lease is not current any more.</param>
[GenerateSerializer, Immutable, Alias("ot.RenewReply")]
public sealed record RenewReply(
    [property: Id(0)] RenewOutcome Outcome,
    [property: Id(1)] ImmutableArray<LeaseRef> Kill)
{
    /// <summary>
    /// Whether the dispatcher wants the list of leases, renewed or not: it expects other ones, or a command is due
    /// again.
    /// </summary>
    [Id(2)] public bool NeedsList { get; init; }

    /// <summary>The epoch of the owner that replied; 0 when it is not known.</summary>
    [Id(3)] public long Epoch { get; init; }
}
