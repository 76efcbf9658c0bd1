using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansTasks.Processing.Binary;

/// <summary>Writes compact binary: integers as little-endian base-128, signed ones zigzag first, lengths before bytes.</summary>
public sealed class ByteWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new(64);

    /// <summary>How many bytes there are.</summary>
    public int Length => buffer.WrittenCount;

    /// <summary>What was written, until the next write.</summary>
    public ReadOnlySpan<byte> Written => buffer.WrittenSpan;

    /// <summary>A copy of what was written.</summary>
    public byte[] ToArray() => buffer.WrittenSpan.ToArray();

    /// <summary>Begins anew and keeps the room.</summary>
    public void Clear() => buffer.ResetWrittenCount();

    /// <summary>One byte.</summary>
    public void Byte(byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
    }

    /// <summary>True or false.</summary>
    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>A number from 0.</summary>
    public void Unsigned(ulong value)
    {
        var span = buffer.GetSpan(10);
        var at = 0;
        for (; value > 0x7f; value >>= 7)
            span[at++] = (byte)(value | 0x80);
        span[at++] = (byte)value;
        buffer.Advance(at);
    }

    /// <summary>Any number.</summary>
    public void Signed(long value) => Unsigned(((ulong)value << 1) ^ (ulong)(value >> 63));

    /// <summary>Eight bytes, little-endian.</summary>
    public void Fixed(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
    }

    /// <summary>Bytes with their length.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        Unsigned((ulong)value.Length);
        buffer.Write(value);
    }

    /// <summary>Bytes without their length.</summary>
    public void Raw(ReadOnlySpan<byte> value) => buffer.Write(value);

    /// <summary>A text; null is its own.</summary>
    public void Text(string? value)
    {
        Flag(value is not null);
        if (value is not null)
            Bytes(Encoding.UTF8.GetBytes(value));
    }

    /// <summary>An integer of any size.</summary>
    public void Big(BigInteger value) => Bytes(value.ToByteArray());
}
