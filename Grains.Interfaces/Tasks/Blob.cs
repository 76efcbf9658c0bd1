namespace OrleansTasks.Tasks;

/// <summary>
/// Bytes that a message may leave out, in which case a member of this type is null. Messages use it instead of a
/// nullable <see cref="ReadOnlyMemory{T}"/>: Orleans (seen in 10.4.2) writes bytes that equal earlier bytes of the same
/// message as a reference, and cannot read a reference into a nullable memory.
/// </summary>
/// <param name="Bytes">The bytes; they may be empty.</param>
[GenerateSerializer, Immutable, Alias("ot.Blob")]
public sealed record Blob([property: Id(0)] ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Wraps bytes, which must not change afterwards.</summary>
    public static implicit operator Blob(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>Wraps bytes, which must not change afterwards.</summary>
    public static implicit operator Blob(byte[] bytes) => new(bytes);
}
