namespace OrleansTasks.Worker.Processes;

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
