namespace OrleansTasks.Workflows;

/// <summary>The counts of the items of a node with <c>forEach</c>, as returned to readers.</summary>
/// <param name="Total">The number of items; null until the list has been read.</param>
/// <param name="ByState">
/// The number of the items' tasks in each state, indexed by the value of <c>TaskState</c>.
/// </param>
/// <param name="Fault">
/// Human-readable reason why the list could not be read; null unless the node failed because of that.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.ItemCounts")]
public sealed record ItemCounts(
    [property: Id(0)] int? Total, [property: Id(1)] ImmutableArray<int> ByState, [property: Id(2)] string? Fault);
