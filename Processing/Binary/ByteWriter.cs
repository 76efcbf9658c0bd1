using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansTasks.Processing.Binary;

/// <summary>
/// Writes a compact binary form:
/// integers in little-endian base 128, signed ones zigzag-encoded first, and byte strings after their length.
/// </summary>
public sealed class ByteWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new(64);

    /// <summary>The number of bytes written.</summary>
    public int Length => buffer.WrittenCount;

    /// <summary>The bytes written; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => buffer.WrittenSpan;

    /// <summary>Returns a copy of the bytes written.</summary>
    public byte[] ToArray() => buffer.WrittenSpan.ToArray();

    /// <summary>Discards the bytes written, but keeps the buffer.</summary>
    public void Clear() => buffer.ResetWrittenCount();

    /// <summary>Writes one byte.</summary>
    public void Byte(byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
    }

    /// <summary>Writes true or false.</summary>
    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>Writes a non-negative number.</summary>
    public void Unsigned(ulong value)
    {
        var span = buffer.GetSpan(10);
        var at = 0;
        for (; value > 0x7f; value >>= 7)
            span[at++] = (byte)(value | 0x80);
        span[at++] = (byte)value;
        buffer.Advance(at);
    }

    /// <summary>Writes a signed number.</summary>
    public void Signed(long value) => Unsigned(((ulong)value << 1) ^ (ulong)(value >> 63));

    /// <summary>Writes eight bytes, little-endian.</summary>
    public void Fixed(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
    }

    /// <summary>Writes a length and the bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        Unsigned((ulong)value.Length);
        buffer.Write(value);
    }

    /// <summary>Writes bytes without their length.</summary>
    public void Raw(ReadOnlySpan<byte> value) => buffer.Write(value);

    /// <summary>Writes a string or null, which differs from the empty string.</summary>
    public void Text(string? value)
    {
        Flag(value is not null);
        if (value is not null)
            Bytes(Encoding.UTF8.GetBytes(value));
    }

    /// <summary>Writes an integer of any size.</summary>
    public void Big(BigInteger value) => Bytes(value.ToByteArray());
}
