using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>A node as the HTTP contract shows it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="State">Its state.</param>
/// <param name="Slots">How many tasks it runs at once.</param>
/// <param name="Running">How many it holds now.</param>
/// <param name="Labels">Its labels, by key.</param>
/// <param name="Version">Its program's version.</param>
/// <param name="Address">Where it calls from.</param>
/// <param name="LastReportAt">
/// Unix milliseconds of the last heartbeat; of the last registration, when nothing was heard since the service started.
/// </param>
/// <param name="Load">The machine's load average over one minute.</param>
/// <param name="MemoryBytes">Memory available on the machine.</param>
/// <param name="Enforces">The limits it can enforce.</param>
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
