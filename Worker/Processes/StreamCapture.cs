namespace OrleansTasks.Worker.Processes;

/// <summary>What is known of one output stream when the attempt has ended.</summary>
/// <param name="KeptBytes">
/// How many bytes were kept: the first <see cref="StartRequest.MaxOutputBytes"/> at most.
/// </param>
/// <param name="WrittenBytes">How many bytes the command really wrote.</param>
/// <param name="Head">The first kept bytes, up to <see cref="HeadLimit"/>.</param>
/// <param name="Tail">The last bytes really written, kept or not, up to <see cref="TailLimit"/>.</param>
public sealed record StreamCapture(
    long KeptBytes, long WrittenBytes, ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Tail)
{
    /// <summary>The most bytes of a stream's beginning that are collected in memory: 16 KiB.</summary>
    public const int HeadLimit = 16 * 1024;

    /// <summary>The most bytes of a stream's end that are collected in memory: 4 KiB.</summary>
    public const int TailLimit = 4 * 1024;

    /// <summary>A stream that nothing was written to.</summary>
    public static StreamCapture Empty { get; } = new(0, 0, default, default);

    /// <summary>Whether bytes were dropped.</summary>
    public bool Truncated => WrittenBytes > KeptBytes;

    /// <summary>Whether <see cref="Head"/> is all that was kept.</summary>
    public bool HeadIsAll => Head.Length == KeptBytes;
}
