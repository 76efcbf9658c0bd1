namespace OrleansTasks.Storage;

/// <summary>
/// How the store answers a commit (<see cref="ITaskStore.Commit"/>). Only the dispatcher that made the commit reads the
/// outcome, in <c>PartitionWriter</c>.
/// </summary>
/// <remarks>
/// What the dispatcher does:
/// <code>
/// Committed        answers its callers and goes on
/// Fenced, Failed   fails its callers and ends its activation; the next call activates it anew, and it reads the store
/// Refused          reads the partition again and repeats the round's operations one by one, to find the refused one
/// Unknown          asks the store with TakeEpoch whether the commit landed, then ends its activation
/// </code>
/// </remarks>
public enum CommitOutcome
{
    /// <summary>The whole commit is on disk.</summary>
    Committed,

    /// <summary>
    /// Nothing was written: the commit's epoch or sequence is not the stored one, so another activation owns the
    /// partition.
    /// </summary>
    Fenced,

    /// <summary>
    /// Nothing was written: the disk is full, or the database is locked or cannot be reached. The same commit may
    /// succeed later.
    /// </summary>
    Failed,

    /// <summary>
    /// Nothing was written: the commit contains something that can never be stored, such as an idempotency key that is
    /// stored already or a row that is too large. The rest of the commit could be stored without it.
    /// </summary>
    Refused,

    /// <summary>
    /// The store cannot tell whether the whole commit is on disk or nothing of it. <see cref="ITaskStore.TakeEpoch"/>
    /// with the commit's epoch as the expected one decides: if the stored sequence is one higher than the commit's
    /// <see cref="PartitionCommit.Sequence"/>, the commit landed.
    /// </summary>
    Unknown,
}
