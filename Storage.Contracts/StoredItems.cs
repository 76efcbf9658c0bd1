namespace OrleansTasks.Storage;

/// <summary>
/// The items of the node with index <c>Node</c>. <c>ByState</c> has the number of their tasks by state number.
/// </summary>
public sealed record StoredItems(int Node, ItemsRow Row, ImmutableArray<int> ByState)
{
    /// <summary>When the first of their tasks started, in Unix milliseconds; 0 if none has started.</summary>
    public long StartedAt { get; init; }

    /// <summary>
    /// Returns a copy with the count of a state set, and the earlier of the two first starts (0: none).
    /// </summary>
    public StoredItems With(int state, int count, long startedAt) => this with
    {
        ByState = ByState.SetItem(state, count),
        StartedAt = StartedAt == 0 || (startedAt != 0 && startedAt < StartedAt) ? startedAt : StartedAt,
    };
}
