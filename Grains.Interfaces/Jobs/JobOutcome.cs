namespace OrleansTasks.Jobs;

/// <summary>The outcome of a <see cref="JobRequest"/>.</summary>
public enum JobOutcome : byte
{
    /// <summary>The request was carried out, and the change is stored.</summary>
    Done,

    /// <summary>
    /// Nothing was done: the epoch is stale because another activation or a newer dispatcher took over.
    /// </summary>
    Fenced,

    /// <summary>Nothing was done: the job has ended or does not exist.</summary>
    NotOpen,

    /// <summary>
    /// Nothing was done: the idempotency key is known with the same body. The answer is the first one.
    /// </summary>
    Replayed,

    /// <summary>Nothing was done: the idempotency key is known with another body.</summary>
    KeyReused,

    /// <summary>Nothing was done: the source's file is unreadable. The answer says why, as text.</summary>
    SourceRefused,

    /// <summary>
    /// Nothing was done, but the requesting activation now owns the job. An earlier request created the job, and its
    /// row and chunks are stored or about to be, so the grain reads them. Only the dispatcher returns this, to the
    /// job's grain.
    /// </summary>
    Known,
}
