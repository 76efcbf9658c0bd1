namespace OrleansTasks.Workflows;

/// <summary>The items of a node with <c>forEach</c>, for readers.</summary>
/// <param name="Total">How many there are; null while the list has not been read.</param>
/// <param name="ByState">How many of their tasks are in each state, by the states' numbers.</param>
/// <param name="Fault">Why there is no list, for people; null unless the node failed because of that.</param>
[GenerateSerializer, Immutable, Alias("ot.ItemCounts")]
public sealed record ItemCounts(
    [property: Id(0)] int? Total, [property: Id(1)] ImmutableArray<int> ByState, [property: Id(2)] string? Fault);
