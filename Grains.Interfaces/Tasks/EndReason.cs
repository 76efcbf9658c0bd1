namespace OrleansTasks.Tasks;

/// <summary>
/// Why an attempt ended, or why a task ended without one. The values are stored and must not change.
/// </summary>
public enum EndReason : byte
{
    /// <summary>The attempt has not ended.</summary>
    None = 0,

    /// <summary>The command exited.</summary>
    Exit = 1,

    /// <summary>A signal killed the command.</summary>
    Signal = 2,

    /// <summary>The attempt exceeded its timeout.</summary>
    Timeout = 3,

    /// <summary>A caller cancelled the attempt.</summary>
    Cancelled = 4,

    /// <summary>The program could not be started.</summary>
    SpawnFailed = 5,

    /// <summary>The attempt's node was lost, or its lease lapsed.</summary>
    NodeLost = 6,

    /// <summary>The process tree used more memory than its limit.</summary>
    OutOfMemory = 7,

    /// <summary>The process tree used more processor time than its limit.</summary>
    CpuTime = 8,

    /// <summary>The task did not start before its <c>expiresAt</c>.</summary>
    Expired = 9,

    /// <summary>
    /// A condition in the task's <c>after</c> can no longer be met; the task is cancelled before any attempt.
    /// </summary>
    Skipped = 10,

    /// <summary>
    /// The command exited with 0, but its result is not JSON or is too large. Without an exit code, the inputs are too
    /// large and the attempt did not start.
    /// </summary>
    BadResult = 11,

    /// <summary>The data job that a workflow's node runs failed.</summary>
    JobFailed = 12,

    /// <summary>The command exited with 0, but left no file for a pattern of <c>artifacts</c> that is not optional.</summary>
    ArtifactMissing = 13,

    /// <summary>The command exited with 0, but its artifacts are too many or too large.</summary>
    ArtifactTooLarge = 14,

    /// <summary>
    /// An input could not be fetched, or an artifact not be stored. Without an exit code the command did not start.
    /// </summary>
    FileUnavailable = 15,

    /// <summary>The worker could not get the image of the command's container, so the command did not start.</summary>
    ImageUnavailable = 16,

    /// <summary>A later task with the same unique key replaced the task.</summary>
    Replaced = 17,
}

/// <summary>The names of the end reasons in the HTTP contract.</summary>
public static class EndReasons
{
    private static readonly string?[] Names =
    [
        null, "exit", "signal", "timeout", "cancelled", "spawn-failed", "node-lost", "out-of-memory", "cpu-time", "expired",
        "skipped", "bad-result", "job-failed", "artifact-missing", "artifact-too-large", "file-unavailable",
        "image-unavailable", "replaced",
    ];

    /// <summary>The names of all reasons, in enum order.</summary>
    public static IEnumerable<string> AllNames => Names.OfType<string>();

    /// <summary>Parses a name in the HTTP contract.</summary>
    public static bool TryParse(string name, out EndReason reason)
    {
        reason = (EndReason)Math.Max(0, Array.IndexOf(Names, name));
        return reason != EndReason.None;
    }

    /// <summary>
    /// Returns the name in the HTTP contract: null for <see cref="EndReason.None"/>, and <c>unreadable</c> for a stored
    /// value that is not a known reason.
    /// </summary>
    public static string? Name(this EndReason reason) => (uint)reason < (uint)Names.Length ? Names[(int)reason] : "unreadable";
}
