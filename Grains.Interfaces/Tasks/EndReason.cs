namespace OrleansTasks.Tasks;

/// <summary>Why an attempt ended. The numbers are stored and must not change.</summary>
public enum EndReason : byte
{
    /// <summary>It has not ended.</summary>
    None = 0,

    /// <summary>The command exited.</summary>
    Exit = 1,

    /// <summary>A signal killed the command.</summary>
    Signal = 2,

    /// <summary>It ran for longer than its timeout.</summary>
    Timeout = 3,

    /// <summary>Somebody cancelled it.</summary>
    Cancelled = 4,

    /// <summary>The program could not be started.</summary>
    SpawnFailed = 5,

    /// <summary>Its node was lost, or the lease lapsed.</summary>
    NodeLost = 6,

    /// <summary>The process tree used more memory than its limit.</summary>
    OutOfMemory = 7,

    /// <summary>The process tree used more processor time than its limit.</summary>
    CpuTime = 8,

    /// <summary>It had not started by the time it had to.</summary>
    Expired = 9,

    /// <summary>What it waited for can no more happen; of a cancelled task that never started.</summary>
    Skipped = 10,

    /// <summary>
    /// The command exited with 0, and its result is not JSON or is too large. Without an exit code: its inputs are too
    /// large, and it did not start.
    /// </summary>
    BadResult = 11,

    /// <summary>The data job failed that a workflow's node runs.</summary>
    JobFailed = 12,
}
