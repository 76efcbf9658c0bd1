namespace OrleansTasks.Storage;

/// <summary>The items of a workflow's node with <c>forEach</c>.</summary>
/// <param name="Node">The node's index in the workflow.</param>
/// <param name="Row">What is stored of them.</param>
/// <param name="ByState">How many of their tasks are in each state, by the states' numbers.</param>
public sealed record StoredItems(int Node, ItemsRow Row, ImmutableArray<int> ByState)
{
    /// <summary>When the first of their tasks started, Unix milliseconds; 0 when none has.</summary>
    public long StartedAt { get; init; }

    /// <summary>The same with the tasks that are in a state.</summary>
    /// <param name="state">The state's number.</param>
    /// <param name="count">How many they are.</param>
    /// <param name="startedAt">When the first of them started; 0 when none has.</param>
    public StoredItems With(int state, int count, long startedAt) => this with
    {
        ByState = ByState.SetItem(state, count),
        StartedAt = StartedAt == 0 || (startedAt != 0 && startedAt < StartedAt) ? startedAt : StartedAt,
    };
}
