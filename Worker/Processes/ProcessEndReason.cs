namespace OrleansTasks.Worker.Processes;

/// <summary>Why an attempt ended.</summary>
public enum ProcessEndReason : byte
{
    /// <summary>The command exited with an exit code.</summary>
    Exit,

    /// <summary>A signal that this worker did not send ended the command.</summary>
    Signal,

    /// <summary>The attempt exceeded its timeout.</summary>
    Timeout,

    /// <summary>The attempt was cancelled.</summary>
    Cancelled,

    /// <summary>The command could not be started; <see cref="ProcessOutcome.Message"/> says why.</summary>
    SpawnFailed,

    /// <summary>The attempt used more memory than it is allowed.</summary>
    OutOfMemory,

    /// <summary>The attempt used more processor time than it is allowed.</summary>
    CpuTime,

    /// <summary>
    /// The command exited with 0, but its result is invalid; <see cref="ProcessOutcome.Message"/> says why.
    /// </summary>
    BadResult,

    /// <summary>
    /// <see cref="IStoppable.KillNow"/> ended it, for example because its lease was lost; its result does not count.
    /// </summary>
    Killed,

    /// <summary>An input could not be had, or not be put into the working folder.</summary>
    FileUnavailable,

    /// <summary>The command exited with 0, and a file that it should have left is not there or cannot be kept.</summary>
    ArtifactMissing,

    /// <summary>The command exited with 0, and the files that it left are too many or too large.</summary>
    ArtifactTooLarge,

    /// <summary>The machine has no image for its container, and the engine could not pull it.</summary>
    ImageUnavailable,
}
