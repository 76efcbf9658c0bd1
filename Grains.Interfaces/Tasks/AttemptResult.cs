namespace OrleansTasks.Tasks;

/// <summary>The result of an attempt, as its node reports it.</summary>
/// <param name="Lease">The attempt and its lease.</param>
/// <param name="Reason">Why the attempt ended; never <see cref="EndReason.None"/>.</param>
/// <param name="ExitCode">The exit code; null if a signal ended the attempt or it never started.</param>
/// <param name="Signal">The name of the signal that ended the attempt (<c>SIGKILL</c>), or null.</param>
/// <param name="RunTime">The time from start to end in milliseconds, by the node's monotonic clock.</param>
/// <param name="CpuTime">Processor time in microseconds, of those processes of the tree that were waited for.</param>
/// <param name="MaxRssBytes">Peak resident memory in bytes.</param>
/// <param name="Output">The attempt's output; null means the same as <see cref="AttemptOutput.Empty"/>.</param>
/// <param name="Report">The report of how a chunk ended; empty for a command.</param>
/// <param name="Collected">A chunk's results as lines, if its job collects them; otherwise null.</param>
[GenerateSerializer, Immutable, Alias("ot.AttemptResult")]
public sealed record AttemptResult(
    [property: Id(0)] LeaseRef Lease,
    [property: Id(1)] EndReason Reason,
    [property: Id(2)] int? ExitCode,
    [property: Id(3)] string? Signal,
    [property: Id(4)] long RunTime,
    [property: Id(5)] long CpuTime,
    [property: Id(6)] long MaxRssBytes,
    [property: Id(7)] AttemptOutput? Output,
    [property: Id(8)] ReadOnlyMemory<byte> Report = default,
    [property: Id(9)] Blob? Collected = null)
{
    /// <summary>
    /// The fingerprint of the failure. The silo that receives the result computes it, to save the dispatcher the work.
    /// Null if the attempt did not fail, or until it is computed.
    /// </summary>
    [Id(10)] public long? Fingerprint { get; init; }

    /// <summary>The result that a command with exit code 0 left, as JSON in UTF-8; empty if none.</summary>
    [Id(11)] public ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>The artifacts that the attempt named before it ended; null if it was to keep none.</summary>
    [Id(12)] public ArtifactTotals? Artifacts { get; init; }
}

/// <summary>How many artifacts an attempt left, and their bytes together.</summary>
[GenerateSerializer, Immutable, Alias("ot.ArtifactTotals")]
public sealed record ArtifactTotals([property: Id(0)] int Count, [property: Id(1)] long Bytes)
{
    /// <summary>Whether the files were removed since, because the store of files was larger than it may be.</summary>
    [Id(2)] public bool IsExpired { get; init; }
}

/// <summary>The output of an attempt.</summary>
/// <param name="StdoutBytes">The number of kept bytes of standard output.</param>
/// <param name="StderrBytes">The number of kept bytes of standard error.</param>
/// <param name="Truncated">Whether a stream wrote more than was kept.</param>
/// <param name="Tail">The end of all output, kept or not, in UTF-8: at most 4 KiB of each stream, stdout first.</param>
/// <param name="Inline">
/// Whether this record contains the kept bytes (at most 16 KiB in all) instead of the output store.
/// </param>
/// <param name="Stdout">The kept bytes of standard output if inline.</param>
/// <param name="Stderr">The kept bytes of standard error if inline.</param>
/// <param name="Marks">The <see cref="OutputStream.Marks"/> if inline: at most 16 KiB.</param>
[GenerateSerializer, Immutable, Alias("ot.AttemptOutput")]
public sealed record AttemptOutput(
    [property: Id(0)] long StdoutBytes,
    [property: Id(1)] long StderrBytes,
    [property: Id(2)] bool Truncated,
    [property: Id(3)] ReadOnlyMemory<byte> Tail,
    [property: Id(4)] bool Inline,
    [property: Id(5)] ReadOnlyMemory<byte> Stdout,
    [property: Id(6)] ReadOnlyMemory<byte> Stderr,
    [property: Id(7)] ReadOnlyMemory<byte> Marks = default)
{
    /// <summary>Maximum bytes that are kept inline, of both streams together: 16 KiB.</summary>
    public const int InlineLimit = 16 * 1024;

    /// <summary>Maximum bytes of <see cref="Marks"/>: 16 KiB.</summary>
    public const int MarksLimit = 16 * 1024;

    /// <summary>The output of an attempt that wrote nothing.</summary>
    public static AttemptOutput Empty { get; } = new(0, 0, false, default, true, default, default);
}
