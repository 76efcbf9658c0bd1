namespace OrleansTasks.Tasks;

/// <summary>A part of an attempt's output.</summary>
/// <param name="Attempt">The attempt's number; 0 if the task has not started.</param>
/// <param name="Offset">The offset of the first of <paramref name="Bytes"/>.</param>
/// <param name="Bytes">The bytes; empty at the end of the output known so far.</param>
/// <param name="Length">The total number of bytes known so far.</param>
/// <param name="Ended">Whether the attempt has ended, so that no output follows.</param>
[GenerateSerializer, Immutable, Alias("ot.OutputPage")]
public sealed record OutputPage(
    [property: Id(0)] int Attempt,
    [property: Id(1)] long Offset,
    [property: Id(2)] ReadOnlyMemory<byte> Bytes,
    [property: Id(3)] long Length,
    [property: Id(4)] bool Ended);
