using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>The answer to <see cref="NodeLeases"/>.</summary>
/// <param name="Outcome">How it was taken.</param>
/// <param name="Kill">Attempts of the list whose lease is not current any more.</param>
[GenerateSerializer, Immutable, Alias("ot.RenewReply")]
public sealed record RenewReply(
    [property: Id(0)] RenewOutcome Outcome,
    [property: Id(1)] ImmutableArray<LeaseRef> Kill);
