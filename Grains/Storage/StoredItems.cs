namespace OrleansTasks.Storage;

/// <summary>The items of a workflow's node with <c>forEach</c>.</summary>
/// <param name="Node">The node's index in the workflow.</param>
/// <param name="Row">What is stored of them.</param>
/// <param name="ByState">How many of their tasks are in each state, by the states' numbers.</param>
public sealed record StoredItems(int Node, ItemsRow Row, ImmutableArray<int> ByState);
