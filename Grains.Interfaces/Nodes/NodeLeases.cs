using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// A node's leases of a queue: their count, the XOR of their tokens' digests, and the list if requested.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.NodeLeases")]
public sealed record NodeLeases(
    [property: Id(0)] string Node,
    [property: Id(1)] long Session,
    [property: Id(2)] int Count,
    [property: Id(3)] ulong Digest,
    [property: Id(4)] ImmutableArray<LeaseRef>? Held,
    [property: Id(5)] long SentAt = 0);
