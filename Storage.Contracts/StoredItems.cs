namespace OrleansTasks.Storage;

/// <summary>Items of the node with this index; their tasks counted by state number.</summary>
public sealed record StoredItems(int Node, ItemsRow Row, ImmutableArray<int> ByState)
{
    /// <summary>When the first of their tasks started, Unix milliseconds; 0 if none has.</summary>
    public long StartedAt { get; init; }

    /// <summary>Returns a copy with the count of a state, and the earlier of the first starts (0: none).</summary>
    public StoredItems With(int state, int count, long startedAt) => this with
    {
        ByState = ByState.SetItem(state, count),
        StartedAt = StartedAt == 0 || (startedAt != 0 && startedAt < StartedAt) ? startedAt : StartedAt,
    };
}
