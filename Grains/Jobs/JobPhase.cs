namespace OrleansTasks.Jobs;

/// <summary>
/// The phase of a job. Callers see the coarser <see cref="JobState"/>.
/// The phase is not stored: <see cref="JobLife.Restore"/> derives it from the job's row. The final phases must have the
/// highest numbers, because <see cref="JobLife.IsOver"/> compares a phase with <see cref="Succeeded"/>.
/// </summary>
public enum JobPhase : byte
{
    /// <summary>The job reads its source, which may have more items.</summary>
    Reading = 0,

    /// <summary>The whole source was cut, or was closed. The job ends when no chunk is open, reductions included.</summary>
    Draining = 1,

    /// <summary>A caller has cancelled the job. The job drops its open chunks.</summary>
    Cancelling = 2,

    /// <summary>The job has failed. The job drops its open chunks.</summary>
    Failing = 3,

    /// <summary>Final: the job has processed every chunk.</summary>
    Succeeded = 4,

    /// <summary>Final: the job has failed.</summary>
    Failed = 5,

    /// <summary>Final: the job was cancelled.</summary>
    Cancelled = 6,
}
