using System.Buffers.Binary;
using System.Text;

namespace OrleansTasks.Processing.Binary;

/// <summary>Reads what <see cref="ByteWriter"/> wrote; throws <see cref="FormatException"/> for what it cannot have written.</summary>
/// <param name="bytes">The bytes.</param>
/// <param name="isOwn">
/// Whether this program wrote them for itself. Else they may say anything, and what merging could not bear is refused.
/// </param>
public ref struct ByteReader(ReadOnlySpan<byte> bytes, bool isOwn = false)
{
    /// <summary>The most bytes of an integer that somebody else wrote: the sum of as many of 10,000 digits as there can be.</summary>
    public const int LargestInteger = 4_161;

    private readonly ReadOnlySpan<byte> all = bytes;
    private int at;

    /// <summary>Whether this program wrote the bytes for itself.</summary>
    public readonly bool IsOwn => isOwn;

    /// <summary>Whether nothing is left.</summary>
    public readonly bool IsAtEnd => at == all.Length;

    /// <summary>What has not been read.</summary>
    public readonly ReadOnlySpan<byte> Rest => all[at..];

    /// <summary>One byte.</summary>
    public byte Byte()
    {
        if (at >= all.Length)
            throw Cut();
        return all[at++];
    }

    /// <summary>True or false.</summary>
    public bool Flag() => Byte() != 0;

    /// <summary>A number from 0.</summary>
    public ulong Unsigned()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next <= 0x7f)
                return value;
        }

        throw new FormatException("A number is too long.");
    }

    /// <summary>A count that cannot be larger than what is left.</summary>
    public int Count()
    {
        var count = Unsigned();
        return count <= (ulong)(all.Length - at) ? (int)count : throw Cut();
    }

    /// <summary>Any number.</summary>
    public long Signed()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number as <see cref="Signed"/> reads it that counts something.</summary>
    public long Amount()
    {
        var value = Signed();
        return value >= 0 || isOwn ? value : throw new FormatException("There are fewer than none of something.");
    }

    /// <summary>Eight bytes, little-endian.</summary>
    public ulong Fixed()
    {
        if (all.Length - at < 8)
            throw Cut();
        at += 8;
        return BinaryPrimitives.ReadUInt64LittleEndian(all[(at - 8)..]);
    }

    /// <summary>Bytes with their length.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        var length = Count();
        at += length;
        return all.Slice(at - length, length);
    }

    /// <summary>A text or null.</summary>
    public string? Text() => Flag() ? Encoding.UTF8.GetString(Bytes()) : null;

    /// <summary>An integer.</summary>
    public BigInteger Big()
    {
        var value = Bytes();
        return value.Length <= LargestInteger || isOwn ? new BigInteger(value) : throw new FormatException("An integer is too large.");
    }

    private static FormatException Cut() => new("The bytes are cut off.");
}
