using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// A node in the HTTP contract. LastReportAt is in Unix milliseconds and may be the time of registration.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.NodeView")]
public sealed record NodeView(
    [property: Id(0)] string Id,
    [property: Id(1)] NodeState State,
    [property: Id(2)] int Slots,
    [property: Id(3)] int Running,
    [property: Id(4)] ImmutableArray<Label> Labels,
    [property: Id(5)] string Version,
    [property: Id(6)] string Address,
    [property: Id(7)] long LastReportAt,
    [property: Id(8)] double Load,
    [property: Id(9)] long MemoryBytes,
    [property: Id(10)] Limits Enforces);
