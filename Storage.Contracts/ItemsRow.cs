namespace OrleansTasks.Storage;

/// <summary>
/// A <c>forEach</c> node's items, once its list has been read. <c>Node</c> is the number of the node's own task; the
/// task of item i has the number <see cref="First"/> + i. Times are Unix milliseconds; 0 means not set.
/// </summary>
public sealed record ItemsRow(long Node, long First, int Count)
{
    /// <summary>The number of items, counted from the first, that have tasks.</summary>
    public int Made { get; init; }

    /// <summary>The first item whose task the current run has not yet created or requeued.</summary>
    public int Next { get; init; }

    /// <summary>When a caller or the workflow cancelled the node. A retry resets it to 0.</summary>
    public long StoppedAt { get; init; }

    /// <summary>Why there is no list, as human-readable text; null if the list exists.</summary>
    public string? Fault { get; init; }

    /// <summary>Returns whether a task number of the queue belongs to one of the items.</summary>
    public bool Has(long taskNo) => taskNo >= First && taskNo < First + Count;
}
