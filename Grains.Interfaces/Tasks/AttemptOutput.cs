namespace OrleansTasks.Tasks;

/// <summary>What an attempt wrote.</summary>
/// <param name="StdoutBytes">Kept bytes of standard output.</param>
/// <param name="StderrBytes">Kept bytes of standard error.</param>
/// <param name="Truncated">Whether a stream wrote more than was kept.</param>
/// <param name="Tail">The end of what was really written, UTF-8: at most 4 KiB of each stream, stdout first.</param>
/// <param name="Inline">Whether the kept bytes are in this record (at most 16 KiB in all) and not in the output store.</param>
/// <param name="Stdout">The kept bytes of standard output, when inline.</param>
/// <param name="Stderr">The kept bytes of standard error, when inline.</param>
[GenerateSerializer, Immutable, Alias("ot.AttemptOutput")]
public sealed record AttemptOutput(
    [property: Id(0)] long StdoutBytes,
    [property: Id(1)] long StderrBytes,
    [property: Id(2)] bool Truncated,
    [property: Id(3)] ReadOnlyMemory<byte> Tail,
    [property: Id(4)] bool Inline,
    [property: Id(5)] ReadOnlyMemory<byte> Stdout,
    [property: Id(6)] ReadOnlyMemory<byte> Stderr)
{
    /// <summary>The most that is kept inline of both streams together: 16 KiB.</summary>
    public const int InlineLimit = 16 * 1024;

    /// <summary>Nothing was written.</summary>
    public static AttemptOutput Empty { get; } = new(0, 0, false, default, true, default, default);
}
