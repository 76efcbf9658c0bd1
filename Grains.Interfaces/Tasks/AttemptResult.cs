namespace OrleansTasks.Tasks;

/// <summary>How a node says an attempt ended.</summary>
/// <param name="Lease">The attempt and its lease.</param>
/// <param name="Reason">Why it ended; never <see cref="EndReason.None"/>.</param>
/// <param name="ExitCode">The exit code; null when a signal ended it or it never started.</param>
/// <param name="Signal">The name of the signal that ended it (<c>SIGKILL</c>), or null.</param>
/// <param name="RunTime">Milliseconds from start to end, by the node's monotonic clock.</param>
/// <param name="CpuTime">Microseconds of processor time, the tree's as far as it was waited for.</param>
/// <param name="MaxRssBytes">Peak resident memory.</param>
/// <param name="Output">What it wrote; null is the same as <see cref="AttemptOutput.Empty"/>.</param>
/// <param name="Report">How a chunk ended; empty for a command.</param>
/// <param name="Collected">The results of a chunk whose job collects them, as lines; null when it does not.</param>
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
    /// The fingerprint of the failure, computed where the result comes in so that the dispatcher need not; null when
    /// the attempt did not fail, or nobody has computed it.
    /// </summary>
    [Id(10)] public long? Fingerprint { get; init; }

    /// <summary>What a command that exited with 0 left as its result: JSON in UTF-8. Empty when it left none.</summary>
    [Id(11)] public ReadOnlyMemory<byte> Value { get; init; }
}
