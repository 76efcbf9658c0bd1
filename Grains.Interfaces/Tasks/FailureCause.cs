namespace OrleansTasks.Tasks;

/// <summary>
/// The cause of a failed attempt, which selects one of the budgets of <see cref="RetryRules"/>. The values are stored
/// and must not change: each is the position of the cause's count and budget, which have eight bits each. The last
/// four have one count together.
/// </summary>
public enum FailureCause : byte
{
    /// <summary>A cause without its own budget, which counts towards <see cref="RetryPolicy.MaxAttempts"/>.</summary>
    None = 0,

    /// <summary>The command exited with a code other than 0.</summary>
    Exit = 1,

    /// <summary>A signal killed the command.</summary>
    Signal = 2,

    /// <summary>The attempt exceeded its timeout.</summary>
    Timeout = 3,

    /// <summary>The process tree used more memory than its limit.</summary>
    OutOfMemory = 4,

    /// <summary>The process tree used more processor time than its limit.</summary>
    CpuTime = 5,

    /// <summary>The program could not be started.</summary>
    SpawnFailed = 6,

    /// <summary>The result is not JSON or is too large, or the inputs are too large.</summary>
    BadResult = 7,

    /// <summary>The node was lost. Losses are counted separately.</summary>
    NodeLost = 8,

    /// <summary>No file matched a pattern of <c>artifacts</c>.</summary>
    ArtifactMissing = 9,

    /// <summary>The artifacts were too many or too large.</summary>
    ArtifactTooLarge = 10,

    /// <summary>An input could not be fetched, or an artifact not be stored.</summary>
    FileUnavailable = 11,

    /// <summary>The worker could not get the image of a container.</summary>
    ImageUnavailable = 12,
}

/// <summary>The names of causes in the HTTP contract, and the causes of end reasons.</summary>
public static class FailureCauses
{
    private static readonly string[] Names =
        ["exit", "signal", "timeout", "out-of-memory", "cpu-time", "spawn-failed", "bad-result", "node-lost",
            "artifact-missing", "artifact-too-large", "file-unavailable", "image-unavailable"];

    /// <summary>The names of the causes in enum order, starting with <see cref="FailureCause.Exit"/>.</summary>
    public static ReadOnlySpan<string> AllNames => Names;

    /// <summary>Returns the name in the HTTP contract; not valid for <see cref="FailureCause.None"/>.</summary>
    public static string Name(this FailureCause cause) => Names[(int)cause - 1];

    /// <summary>
    /// Returns the cause for a reason; <see cref="FailureCause.None"/> if it is no failure of an attempt.
    /// </summary>
    public static FailureCause Of(EndReason reason) => reason switch
    {
        EndReason.Exit => FailureCause.Exit,
        EndReason.Signal => FailureCause.Signal,
        EndReason.Timeout => FailureCause.Timeout,
        EndReason.OutOfMemory => FailureCause.OutOfMemory,
        EndReason.CpuTime => FailureCause.CpuTime,
        EndReason.SpawnFailed => FailureCause.SpawnFailed,
        EndReason.BadResult => FailureCause.BadResult,
        EndReason.NodeLost => FailureCause.NodeLost,
        EndReason.ArtifactMissing => FailureCause.ArtifactMissing,
        EndReason.ArtifactTooLarge => FailureCause.ArtifactTooLarge,
        EndReason.FileUnavailable => FailureCause.FileUnavailable,
        EndReason.ImageUnavailable => FailureCause.ImageUnavailable,
        _ => FailureCause.None,
    };
}
