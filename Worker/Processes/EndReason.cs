namespace OrleansTasks.Worker.Processes;

/// <summary>Why an attempt ended.</summary>
public enum EndReason : byte
{
    /// <summary>The command ended by itself with an exit code.</summary>
    Exit,

    /// <summary>A signal that was not sent from here ended the command.</summary>
    Signal,

    /// <summary>Its time was up.</summary>
    Timeout,

    /// <summary>It was cancelled.</summary>
    Cancelled,

    /// <summary>It could not be started; <see cref="ProcessOutcome.Message"/> has the system's words.</summary>
    SpawnFailed,

    /// <summary>It used more memory than it was allowed.</summary>
    OutOfMemory,

    /// <summary>It used more processor time than it was allowed.</summary>
    CpuTime,

    /// <summary>
    /// It exited with 0 and left a result that is no result; <see cref="ProcessOutcome.Message"/> says why.
    /// </summary>
    BadResult,

    /// <summary>
    /// <see cref="IStoppable.KillNow"/> ended it: the lease is lost, nobody waits for this result.
    /// </summary>
    Killed,
}
