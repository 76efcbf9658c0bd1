namespace OrleansTasks.Jobs;

/// <summary>What became of a <see cref="JobRequest"/>.</summary>
public enum JobOutcome : byte
{
    /// <summary>It is on disk.</summary>
    Done,

    /// <summary>The epoch is not the job's: another activation of the grain has begun, or the dispatcher has. Nothing was done.</summary>
    Fenced,

    /// <summary>The job has ended, or there is none. Nothing was done.</summary>
    NotOpen,

    /// <summary>The idempotency key is known with the same body.</summary>
    Replayed,

    /// <summary>The idempotency key is known with another body. Nothing was done.</summary>
    KeyReused,

    /// <summary>Its file cannot be read; the answer says why, as text. Nothing was done.</summary>
    SourceRefused,

    /// <summary>
    /// The job was created by an earlier request, whose chunks and row are stored or about to be: read them. Nothing
    /// was done, but the asking activation owns the job now. Only the dispatcher answers so, to the job's grain.
    /// </summary>
    Known,
}
