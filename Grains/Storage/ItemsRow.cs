namespace OrleansTasks.Storage;

/// <summary>
/// What is stored of the items of a workflow's node with <c>forEach</c>, once its list has been read. The task of item
/// i has the number <see cref="First"/> + i in the same queue. Times are Unix milliseconds; 0 means not set.
/// </summary>
/// <param name="Node">The number of the node's own task.</param>
/// <param name="First">The number of the first item's task; 0 when there are no items.</param>
/// <param name="Count">How many items there are.</param>
public sealed record ItemsRow(long Node, long First, int Count)
{
    /// <summary>How many items have tasks: the first ones.</summary>
    public int Made { get; init; }

    /// <summary>
    /// The first item that the workflow's present run has not dealt with. To deal with an item is to make its task, or
    /// to queue it again if it did not succeed in an earlier run.
    /// </summary>
    public int Next { get; init; }

    /// <summary>When somebody, or the workflow, cancelled the node; 0 again after a retry.</summary>
    public long StoppedAt { get; init; }

    /// <summary>Why there is no list, for people; null when there is one.</summary>
    public string? Fault { get; init; }

    /// <summary>Whether the number of a task in its queue is that of an item.</summary>
    public bool Has(long taskNo) => taskNo >= First && taskNo < First + Count;
}
