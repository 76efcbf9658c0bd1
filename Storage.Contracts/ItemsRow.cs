namespace OrleansTasks.Storage;

/// <summary>
/// A <c>forEach</c> node's items, once its list has been read. <c>Node</c> is the number of its own task; item i's task
/// has number <see cref="First"/> + i. Times are Unix milliseconds; 0 means not set.
/// </summary>
public sealed record ItemsRow(long Node, long First, int Count)
{
    /// <summary>How many items, from the first, have tasks.</summary>
    public int Made { get; init; }

    /// <summary>The present run has created or requeued the tasks of all items before this one.</summary>
    public int Next { get; init; }

    /// <summary>When a caller or the workflow cancelled the node; a retry resets it to 0.</summary>
    public long StoppedAt { get; init; }

    /// <summary>Why there is no list, for people; null if there is one.</summary>
    public string? Fault { get; init; }

    /// <summary>Whether a task number of the queue belongs to an item.</summary>
    public bool Has(long taskNo) => taskNo >= First && taskNo < First + Count;
}
