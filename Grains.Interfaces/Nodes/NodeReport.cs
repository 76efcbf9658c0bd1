using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>What a node's grain passes to a dispatcher of what its worker reported.</summary>
/// <param name="Node">The node.</param>
/// <param name="Session">The node's session: from here on, nothing is assigned in an earlier one.</param>
/// <param name="Started">Attempts that the worker has taken up.</param>
/// <param name="Results">Attempts that have ended.</param>
/// <param name="Refused">Attempts that the worker did not take up and never will: they cost nothing.</param>
/// <param name="Unable">
/// Attempts that the worker could not start for a reason of its own: they cost nothing, too, but should go elsewhere. Null when there
/// are none, and from a silo that does not know the member.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.NodeReport")]
public sealed record NodeReport(
    [property: Id(0)] string Node,
    [property: Id(1)] long Session,
    [property: Id(2)] ImmutableArray<LeaseRef> Started,
    [property: Id(3)] ImmutableArray<AttemptResult> Results,
    [property: Id(4)] ImmutableArray<LeaseRef> Refused,
    [property: Id(5)] ImmutableArray<LeaseRef>? Unable = null);
