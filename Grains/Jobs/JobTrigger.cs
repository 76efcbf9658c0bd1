namespace OrleansTasks.Jobs;

/// <summary>
/// The causes for which a data job changes its phase. A job cuts the items of a source into chunks, which workers
/// process, and folds (merges) their results. <see cref="JobCore"/> decides when a cause has happened,
/// <see cref="JobLife"/> changes the phase, and <see cref="JobTransitions"/> defines which trigger leads where.
/// Only a job's first <see cref="Cancel"/> or <see cref="Fail"/> changes the phase; the job then ignores later ones.
/// </summary>
public enum JobTrigger : byte
{
    /// <summary>
    /// All items of the source have been cut into chunks, and no more come: a stream was closed by a client, the output
    /// of a source command was read to its end, or any other source was cut to its end. Chunks may still be open.
    /// </summary>
    SourceEnd,

    /// <summary>
    /// After <see cref="SourceEnd"/>: every chunk has ended and is folded, none has failed the job,
    /// and no aggregate has parts left that its <c>reduceCommand</c> must combine.
    /// </summary>
    AllDone,

    /// <summary>A user cancels the job.</summary>
    Cancel,

    /// <summary>
    /// The job cannot succeed any more. A chunk has used up its attempts, the result of a chunk cannot be read or
    /// folded, the source has failed, or a bound was exceeded, such as <c>maxErrors</c> or the size of the results.
    /// </summary>
    Fail,

    /// <summary>
    /// After <see cref="Cancel"/> or <see cref="Fail"/>: a commit has dropped the open chunks,
    /// and the chunks that had ended before are folded.
    /// </summary>
    Stopped,
}
