namespace OrleansTasks.Storage;

/// <summary>
/// How the store answers a commit (<see cref="ITaskStore.Commit"/>): one transaction with all that a dispatcher has
/// changed in one round of calls (operations). Only that dispatcher reads the outcome, in <c>QueueWriter</c>.
/// </summary>
/// <remarks>
/// Each commit carries the epoch, which is the ownership number of the dispatcher's queue, and the sequence, which
/// is the number of the commit before. What the dispatcher does:
/// <code>
/// Committed        answers its callers and goes on
/// Fenced, Failed   fails its callers and ends its activation; the next call activates it anew, and it reads the store
/// Refused          reads the queue again and repeats each operation alone; one that is refused alone fails
/// Unknown          asks with TakeEpoch whether the commit is on disk, answers its callers, and ends its activation
/// </code>
/// </remarks>
public enum CommitOutcome
{
    /// <summary>The whole commit is on disk.</summary>
    Committed,

    /// <summary>
    /// Nothing was written: the commit's epoch or sequence is not the stored one, so another activation owns the
    /// queue.
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
    /// with the commit's epoch as the expected one decides: if it succeeds, and the stored sequence is one higher than
    /// <see cref="QueueCommit.Sequence"/>, the commit is on disk. If another owner has taken the queue since,
    /// nobody can tell.
    /// </summary>
    Unknown,
}
