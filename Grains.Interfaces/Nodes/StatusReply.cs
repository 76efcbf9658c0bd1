using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>The answer to a heartbeat. If not valid, register anew. Attempts to kill have no lease.</summary>
[GenerateSerializer, Immutable, Alias("ot.StatusReply")]
public sealed record StatusReply(
    [property: Id(0)] bool SessionValid,
    [property: Id(1)] ImmutableArray<LeaseRef> Kill)
{
    /// <summary>Since when held leases count; a queue without an entry has confirmed none.</summary>
    [Id(2)] public ImmutableArray<LeaseTerm> Terms { get; init; } = [];

    /// <summary>Whether all queues have renewed since: the only renewal for one that ignores Terms.</summary>
    [Id(3)] public bool AllRenewed { get; init; }
}
