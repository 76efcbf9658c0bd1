namespace OrleansTasks.Storage;

/// <summary>The outcome of a commit (<see cref="ITaskStore.Commit"/>), and what the dispatcher does next.</summary>
/// <remarks>
/// <code>
/// Committed        the dispatcher answers its callers and continues
/// Fenced, Failed   it fails its callers and deactivates; the next activation reads the store again
/// Refused          it rereads the queue and repeats each operation alone; an operation that is refused alone fails
/// Unknown          it asks TakeEpoch whether the commit is on disk, answers its callers, and deactivates
/// </code>
/// </remarks>
public enum CommitOutcome
{
    /// <summary>The whole commit is on disk.</summary>
    Committed,

    /// <summary>Nothing was written: the queue has another epoch or sequence, so another activation owns it.</summary>
    Fenced,

    /// <summary>Nothing was written (disk full, database locked or unreachable); may succeed later.</summary>
    Failed,

    /// <summary>Nothing was written, and repeating cannot help (known idempotency key, oversized row).</summary>
    Refused,

    /// <summary>
    /// The store cannot tell whether the commit was written. It was if <see cref="ITaskStore.TakeEpoch"/>, expecting
    /// the commit's epoch, succeeds and returns <see cref="QueueCommit.Sequence"/> + 1. If that call fails, the queue
    /// has a new owner, and the outcome stays unknown.
    /// </summary>
    Unknown,
}
