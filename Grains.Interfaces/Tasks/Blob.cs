namespace OrleansTasks.Tasks;

/// <summary>
/// Bytes that a message may leave out: a member of this type is null then. Orleans writes a <see cref="ReadOnlyMemory{T}"/> of bytes that
/// equals an earlier one of the same message as a reference, and cannot read a reference where the member is a nullable memory
/// (seen in 10.4.2). So no message has one.
/// </summary>
/// <param name="Bytes">The bytes; they may be empty.</param>
[GenerateSerializer, Immutable, Alias("ot.Blob")]
public sealed record Blob([property: Id(0)] ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Wraps bytes, which nobody may change from then on.</summary>
    public static implicit operator Blob(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>Wraps bytes, which nobody may change from then on.</summary>
    public static implicit operator Blob(byte[] bytes) => new(bytes);
}
