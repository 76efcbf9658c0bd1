namespace OrleansTasks.Worker.Processes;

/// <summary>How an attempt ended.</summary>
public sealed record ProcessOutcome
{
    /// <summary>Why it ended.</summary>
    public required EndReason Reason { get; init; }

    /// <summary>The exit code; null when a signal ended it or it never ran.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The name of the signal that ended it ("SIGKILL"); null when none did.</summary>
    public string? Signal { get; init; }

    /// <summary>What went wrong, in words for people; null when nothing did.</summary>
    public string? Message { get; init; }

    /// <summary>Standard output.</summary>
    public StreamCapture StandardOutput { get; init; } = StreamCapture.Empty;

    /// <summary>Standard error.</summary>
    public StreamCapture StandardError { get; init; } = StreamCapture.Empty;

    /// <summary>What a command that exited with 0 left as its result; empty when it left none.</summary>
    public ReadOnlyMemory<byte> Result { get; init; }

    /// <summary>User and system time of the command and of what it waited for or left behind.</summary>
    public TimeSpan CpuTime { get; init; }

    /// <summary>
    /// The most memory that it took, in bytes. Of a tree whose memory a control group limits: the group's peak, that of all processes
    /// together, with the files that they had in memory. Where it is limited without one, and that ended it: the largest resident
    /// sum that was seen. Else the largest resident set of one process, or null when that is not known: the system's figure
    /// starts at the worker's own peak, so that only larger ones tell something.
    /// </summary>
    public long? MaxResidentBytes { get; init; }

    /// <summary>When the command started; when it could not: when that was tried.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the command itself ended (what was left of its tree may have taken longer to kill).</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>What <see cref="IOutputSink.Write"/> threw, if it did; the output there is not complete then.</summary>
    public Exception? SinkFailure { get; init; }

    /// <summary>Whether bytes of either stream were dropped.</summary>
    public bool Truncated => StandardOutput.Truncated || StandardError.Truncated;
}
