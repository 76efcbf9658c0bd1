namespace OrleansTasks.Tasks;

/// <summary>A piece of an attempt's output.</summary>
/// <param name="Attempt">The attempt it is of; 0 when the task has not started.</param>
/// <param name="Offset">The byte at which <paramref name="Bytes"/> starts.</param>
/// <param name="Bytes">The bytes; empty at the end of what is known now.</param>
/// <param name="Length">How many bytes are known now in all.</param>
/// <param name="Ended">Whether the attempt has ended, so that no more will come.</param>
[GenerateSerializer, Immutable, Alias("ot.OutputPage")]
public sealed record OutputPage(
    [property: Id(0)] int Attempt,
    [property: Id(1)] long Offset,
    [property: Id(2)] ReadOnlyMemory<byte> Bytes,
    [property: Id(3)] long Length,
    [property: Id(4)] bool Ended);
