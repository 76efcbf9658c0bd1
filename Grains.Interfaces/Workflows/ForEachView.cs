namespace OrleansTasks.Workflows;

/// <summary>A node's <c>forEach</c>, as returned to readers.</summary>
/// <param name="Node">The name of the node that provides the list.</param>
/// <param name="From">Where in that node's output the list is.</param>
/// <param name="Select">See <see cref="ForEach.Select"/>.</param>
[GenerateSerializer, Immutable, Alias("ot.ForEachView")]
public sealed record ForEachView(
    [property: Id(0)] string Node, [property: Id(1)] ItemsFrom From, [property: Id(2)] string Select);
