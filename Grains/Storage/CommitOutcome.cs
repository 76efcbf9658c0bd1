namespace OrleansTasks.Storage;

/// <summary>What became of a commit; <c>PartitionWriter</c> says what follows from each.</summary>
public enum CommitOutcome
{
    /// <summary>All of it is on disk.</summary>
    Committed,

    /// <summary>Nothing was written: the epoch or the sequence is not the stored one, so another activation owns the partition.</summary>
    Fenced,

    /// <summary>Nothing was written: the disk is full, the database is locked or cannot be reached.</summary>
    Failed,

    /// <summary>
    /// Nothing was written: something in the commit cannot be stored, now or later, such as an idempotency key that is known already or a
    /// row that is too large. The commit can be stored without it.
    /// </summary>
    Refused,

    /// <summary>
    /// All of it is on disk, or nothing. <see cref="ITaskStore.TakeEpoch"/> with the commit's epoch tells which, by the sequence.
    /// </summary>
    Unknown,
}
