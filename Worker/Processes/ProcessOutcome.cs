using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Processes;

/// <summary>Describes how an attempt ended.</summary>
public sealed record ProcessOutcome
{
    /// <summary>The reason why the attempt ended.</summary>
    public required ProcessEndReason Reason { get; init; }

    /// <summary>The exit code; null if a signal ended the command or it never ran.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The name of the signal that ended the command ("SIGKILL"); null if none did.</summary>
    public string? Signal { get; init; }

    /// <summary>A human-readable description of what went wrong; null if nothing did.</summary>
    public string? Message { get; init; }

    /// <summary>The record of standard output.</summary>
    public StreamCapture StandardOutput { get; init; } = StreamCapture.Empty;

    /// <summary>The record of standard error.</summary>
    public StreamCapture StandardError { get; init; } = StreamCapture.Empty;

    /// <summary>The result that a command that exited with 0 left; empty if it left none.</summary>
    public ReadOnlyMemory<byte> Result { get; init; }

    /// <summary>The artifacts that were collected, which whoever takes the outcome disposes; null if none were asked for.</summary>
    internal CollectedArtifacts? Artifacts { get; init; }

    /// <summary>
    /// User and system time of the command, of processes that it waited for, and of those that it left behind.
    /// </summary>
    public TimeSpan CpuTime { get; init; }

    /// <summary>
    /// The peak memory use, in bytes. With a control group for memory, this is the peak of all processes together,
    /// including cached files. With a memory limit but no group, it is the size that exceeded the limit.
    /// Otherwise it is the largest resident set of one process; null if unknown, because the system's figure starts at
    /// the worker's own peak, and only a larger one is the command's.
    /// </summary>
    public long? MaxResidentBytes { get; init; }

    /// <summary>When the command started, or when its start was attempted.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>
    /// When the command itself ended: <see cref="StartedAt"/> plus the time that it took, even if the clock was set in
    /// between. The rest of its tree may have taken longer to kill.
    /// </summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>
    /// The exception that <see cref="IOutputSink.Write"/> threw, if any; the sink's output is then incomplete.
    /// </summary>
    public Exception? SinkFailure { get; init; }

    /// <summary>Whether bytes of either stream were dropped.</summary>
    public bool Truncated => StandardOutput.Truncated || StandardError.Truncated;
}

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

/// <summary>What was recorded of one output stream by the end of the attempt.</summary>
/// <param name="KeptBytes">The number of bytes kept, at most <see cref="StartRequest.MaxOutputBytes"/>.</param>
/// <param name="WrittenBytes">The number of bytes that the command wrote.</param>
/// <param name="Head">The beginning of the kept bytes, up to <see cref="HeadLimit"/>.</param>
/// <param name="Tail">The last bytes that the command wrote, kept or not, up to <see cref="TailLimit"/>.</param>
public sealed record StreamCapture(
    long KeptBytes, long WrittenBytes, ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Tail)
{
    /// <summary>The maximum number of bytes of a stream's beginning that are collected in memory: 16 KiB.</summary>
    public const int HeadLimit = 16 * 1024;

    /// <summary>The maximum number of bytes of a stream's end that are collected in memory: 4 KiB.</summary>
    public const int TailLimit = 4 * 1024;

    /// <summary>A stream without any output.</summary>
    public static StreamCapture Empty { get; } = new(0, 0, default, default);

    /// <summary>Whether bytes were dropped.</summary>
    public bool Truncated => WrittenBytes > KeptBytes;

    /// <summary>Whether <see cref="Head"/> holds all kept bytes.</summary>
    public bool HeadIsAll => Head.Length == KeptBytes;
}
