using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// The answer to a heartbeat. If the session is not valid, the worker must register again. Kill names attempts without
/// a lease.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.StatusReply")]
public sealed record StatusReply(
    [property: Id(0)] bool SessionValid,
    [property: Id(1)] ImmutableArray<LeaseRef> Kill)
{
    /// <summary>The heartbeats from which held leases count. A queue without an entry has confirmed none.</summary>
    [Id(2)] public ImmutableArray<LeaseTerm> Terms { get; init; } = [];

    /// <summary>
    /// Whether all queues have renewed for this heartbeat or a later one. Workers that ignore Terms rely on this alone.
    /// </summary>
    [Id(3)] public bool AllRenewed { get; init; }
}
