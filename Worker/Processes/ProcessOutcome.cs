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

    /// <summary>When the command itself ended. The rest of its tree may have taken longer to kill.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>
    /// The exception that <see cref="IOutputSink.Write"/> threw, if any; the sink's output is then incomplete.
    /// </summary>
    public Exception? SinkFailure { get; init; }

    /// <summary>Whether bytes of either stream were dropped.</summary>
    public bool Truncated => StandardOutput.Truncated || StandardError.Truncated;
}
