namespace OrleansTasks.Jobs;

/// <summary>What one node did of a job.</summary>
/// <param name="Node">The node.</param>
/// <param name="Items">Items of its chunks that the aggregate covers.</param>
/// <param name="Chunks">Its chunks.</param>
[GenerateSerializer, Immutable, Alias("ot.NodeShare")]
public readonly record struct NodeShare([property: Id(0)] string Node, [property: Id(1)] long Items, [property: Id(2)] long Chunks);
