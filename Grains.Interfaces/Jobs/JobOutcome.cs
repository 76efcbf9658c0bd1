namespace OrleansTasks.Jobs;

/// <summary>Outcome of a <see cref="JobRequest"/>.</summary>
public enum JobOutcome : byte
{
    /// <summary>The request is on disk.</summary>
    Done,

    /// <summary>Nothing done: another activation or a newer dispatcher made the epoch stale.</summary>
    Fenced,

    /// <summary>Nothing done: the job has ended or does not exist.</summary>
    NotOpen,

    /// <summary>The idempotency key is known with the same body.</summary>
    Replayed,

    /// <summary>Nothing done: the idempotency key is known with another body.</summary>
    KeyReused,

    /// <summary>Nothing done: the source's file is unreadable; the answer says why, as text.</summary>
    SourceRefused,

    /// <summary>
    /// Nothing done, but the asking activation owns the job now. An earlier request created the job: its row and chunks
    /// are stored or about to be, so read them. Only the dispatcher answers this, to the job's grain.
    /// </summary>
    Known,
}
