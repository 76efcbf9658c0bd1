namespace OrleansTasks.Storage;

/// <summary>What became of a commit.</summary>
public enum CommitOutcome
{
    /// <summary>All of it is on disk.</summary>
    Committed,

    /// <summary>Nothing was written: the epoch or the sequence is not the stored one.</summary>
    Fenced,

    /// <summary>Nothing was written: the disk is full, the database is locked or cannot be reached.</summary>
    Failed,

    /// <summary>
    /// Nothing was written: something in the commit cannot be stored, now or later, as a key that is known already or a row that is too large. The
    /// rest of it can, without the culprit.
    /// </summary>
    Refused,

    /// <summary>Nobody can say. <see cref="ITaskStore.TakeEpoch"/> with the expected epoch tells.</summary>
    Unknown,
}
