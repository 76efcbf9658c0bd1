namespace OrleansTasks.Jobs;

/// <summary>
/// The phase of a data job, which decides what the job's grain does next. A job cuts the items of a source into chunks,
/// has workers process the chunks, and combines their results into aggregates.
/// A job goes from <see cref="Reading"/> to <see cref="Draining"/> to <see cref="Succeeded"/>, or is cancelled or fails
/// on the way. <see cref="JobTransitions"/> has all transitions, and <see cref="JobLife"/> makes them.
/// Callers of the API see the coarser <see cref="JobState"/>: the first four phases are all "running".
/// </summary>
/// <remarks>
/// The phase is not stored. <see cref="JobLife.Restore"/> derives it from the job's row,
/// and from whether the whole source has been cut. The final phases must have the highest numbers,
/// because <see cref="JobLife.IsOver"/> compares a phase with <see cref="Succeeded"/>.
/// </remarks>
public enum JobPhase : byte
{
    /// <summary>
    /// The source may have more items, and the job cuts them into chunks. Chunks that were cut are processed meanwhile.
    /// </summary>
    Reading = 0,

    /// <summary>
    /// The whole source has been cut, and no more items come: a stream was closed, or a command's output was read to
    /// its end. The job succeeds when all chunks have ended, among them the reductions, which combine the results of
    /// earlier chunks.
    /// </summary>
    Draining = 1,

    /// <summary>
    /// A caller has cancelled the job. The job cuts nothing more, drops its open chunks (cut, but not ended), and then
    /// ends. A later failure does not change that.
    /// </summary>
    Cancelling = 2,

    /// <summary>
    /// The job has failed. It cuts nothing more, drops its open chunks, and then ends. A later cancel does not change
    /// that.
    /// </summary>
    Failing = 3,

    /// <summary>Final: every chunk was processed and is in the aggregates.</summary>
    Succeeded = 4,

    /// <summary>Final: the job has failed. Its aggregates cover the chunks that had succeeded by then.</summary>
    Failed = 5,

    /// <summary>Final: the job was cancelled. Its aggregates cover the chunks that had succeeded by then.</summary>
    Cancelled = 6,
}
