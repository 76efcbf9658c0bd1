namespace OrleansTasks.Jobs;

/// <summary>One node's part of a job: its chunks, and those of their items that the aggregate covers.</summary>
[GenerateSerializer, Immutable, Alias("ot.NodeShare")]
public readonly record struct NodeShare([property: Id(0)] string Node, [property: Id(1)] long Items, [property: Id(2)] long Chunks);
