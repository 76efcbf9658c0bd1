using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// A worker's report to one queue. Once it is processed, nothing is assigned in an earlier session. Refused and unable
/// attempts do not count as failed. Unable attempts should go to another node; null means none, or an older silo.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.NodeReport")]
public sealed record NodeReport(
    [property: Id(0)] string Node,
    [property: Id(1)] long Session,
    [property: Id(2)] ImmutableArray<LeaseRef> Started,
    [property: Id(3)] ImmutableArray<AttemptResult> Results,
    [property: Id(4)] ImmutableArray<LeaseRef> Refused,
    [property: Id(5)] ImmutableArray<LeaseRef>? Unable = null);
