using System.ComponentModel;

namespace OrleansTasks.Jobs;

/// <summary>One node's part of a job: its chunks, and those of their items that the aggregate covers.</summary>
[GenerateSerializer, Immutable, Alias("ot.NodeShare")]
public readonly record struct NodeShare(
    [property: Id(0), Description("The node.")] string Node,
    [property: Id(1), Description("The items that the aggregate covers.")] long Items,
    [property: Id(2), Description("The chunks of these items.")] long Chunks);
