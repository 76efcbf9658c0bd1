using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>What a node holds of one queue, in a heartbeat: by digest, or by list when the digests differed.</summary>
/// <param name="Node">The node.</param>
/// <param name="Session">Its session.</param>
/// <param name="Count">How many leases.</param>
/// <param name="Digest">The tokens' digests combined by xor.</param>
/// <param name="Held">The leases, when asked for; null with a digest alone.</param>
/// <param name="SentAt">When the worker sent the heartbeat, by its own clock; 0 when it does not say.</param>
[GenerateSerializer, Immutable, Alias("ot.NodeLeases")]
public sealed record NodeLeases(
    [property: Id(0)] string Node,
    [property: Id(1)] long Session,
    [property: Id(2)] int Count,
    [property: Id(3)] ulong Digest,
    [property: Id(4)] ImmutableArray<LeaseRef>? Held,
    [property: Id(5)] long SentAt = 0);
