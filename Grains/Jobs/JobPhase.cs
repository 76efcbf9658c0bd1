namespace OrleansTasks.Jobs;

/// <summary>
/// The phase of a job; <see cref="JobTransitions"/> has the transitions. Callers see the coarser
/// <see cref="JobState"/>.
/// </summary>
/// <remarks>
/// Not stored: <see cref="JobLife.Restore"/> derives it. The final phases must have the highest numbers, because
/// <see cref="JobLife.IsOver"/> compares with <see cref="Succeeded"/>.
/// </remarks>
public enum JobPhase : byte
{
    /// <summary>The source may have more items to cut; earlier chunks are processed at the same time.</summary>
    Reading = 0,

    /// <summary>The source is cut or closed. The job succeeds once all chunks and reductions have ended.</summary>
    Draining = 1,

    /// <summary>A caller cancelled the job: it cuts nothing more, drops its open chunks and ends.</summary>
    Cancelling = 2,

    /// <summary>The job failed: it cuts nothing more, drops its open chunks and ends.</summary>
    Failing = 3,

    /// <summary>Final: the aggregates include every chunk.</summary>
    Succeeded = 4,

    /// <summary>Final: the aggregates include the chunks that succeeded before the failure.</summary>
    Failed = 5,

    /// <summary>Final: the aggregates include the chunks that succeeded before the cancel.</summary>
    Cancelled = 6,
}
