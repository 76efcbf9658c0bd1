namespace OrleansTasks.Tasks;

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
