using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// A node in the HTTP contract. LastReportAt is in Unix milliseconds and may be the time of registration. StartedAt is when
/// the worker's process started, in Unix milliseconds. It, MemoryTotalBytes and DiskFreeBytes are 0 if the node is lost or
/// gone, or its worker does not say. Losses is how often the stored history shows the node as lost; null if that cannot be
/// read.
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
    [property: Id(10)] Limits Enforces,
    [property: Id(11)] long StartedAt = 0,
    [property: Id(12)] long MemoryTotalBytes = 0,
    [property: Id(13)] long DiskFreeBytes = 0,
    [property: Id(14)] int? Losses = null)
{
    /// <summary>What the node offers besides slots, and how much of it is reserved; null: nothing, or an older silo.</summary>
    [Id(15)] public ImmutableArray<ResourceUse>? Resources { get; init; }

    /// <summary>The GPUs of the machine, and which tasks have them.</summary>
    [Id(16)] public ImmutableArray<GpuUse>? Gpus { get; init; }

    /// <summary>Returns what the node offers.</summary>
    public ResourceVector Offers() =>
        ResourceVector.Of((Resources ?? []).Select(static one => new ResourceAmount(one.Name, one.Offered)));
}

/// <summary>How much of a resource a node offers, and how much of it queues may use, whether or not they do.</summary>
[GenerateSerializer, Immutable, Alias("ot.ResourceUse")]
public readonly record struct ResourceUse(
    [property: Id(0)] string Name, [property: Id(1)] long Offered, [property: Id(2)] long Reserved);
