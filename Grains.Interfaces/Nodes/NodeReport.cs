using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// A worker's report on one queue. Afterwards nothing is assigned in an earlier session. Refused and unable attempts
/// count as no failure; unable ones (null: none, or an older silo) should go elsewhere.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.NodeReport")]
public sealed record NodeReport(
    [property: Id(0)] string Node,
    [property: Id(1)] long Session,
    [property: Id(2)] ImmutableArray<LeaseRef> Started,
    [property: Id(3)] ImmutableArray<AttemptResult> Results,
    [property: Id(4)] ImmutableArray<LeaseRef> Refused,
    [property: Id(5)] ImmutableArray<LeaseRef>? Unable = null);
