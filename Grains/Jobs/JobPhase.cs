namespace OrleansTasks.Jobs;

/// <summary>
/// The phase of a job, which decides what the job's grain does next.
/// A job goes from <see cref="Reading"/> to <see cref="Draining"/> to <see cref="Succeeded"/>,
/// or is stopped on the way. <see cref="JobTransitions"/> has all transitions, and <see cref="JobLife"/> makes them.
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
    /// The whole source has been cut, or a stream or command was closed. No more items come. The job succeeds
    /// when all chunks have ended, among them the reductions, which combine the results of earlier chunks.
    /// </summary>
    Draining = 1,

    /// <summary>
    /// A caller has cancelled the job. The job cuts nothing more, drops its open chunks, and then ends.
    /// </summary>
    Cancelling = 2,

    /// <summary>
    /// The job has failed. It cuts nothing more, drops its open chunks, and then ends. A cancel does not change that.
    /// </summary>
    Failing = 3,

    /// <summary>Final: the job has processed every chunk.</summary>
    Succeeded = 4,

    /// <summary>Final: the job has failed. Its aggregates cover what was processed before.</summary>
    Failed = 5,

    /// <summary>Final: the job was cancelled. Its aggregates cover what was processed before.</summary>
    Cancelled = 6,
}
