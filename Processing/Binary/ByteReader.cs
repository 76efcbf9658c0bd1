using System.Buffers.Binary;
using System.Text;

namespace OrleansTasks.Processing.Binary;

/// <summary>
/// Reads what <see cref="ByteWriter"/> wrote. Throws <see cref="FormatException"/> for bytes that it cannot have
/// written.
/// </summary>
/// <param name="bytes">The bytes.</param>
/// <param name="isOwn">
/// Whether this program wrote the bytes for itself. If not, they may be anything, and values that would break a merge
/// are refused.
/// </param>
public ref struct ByteReader(ReadOnlySpan<byte> bytes, bool isOwn = false)
{
    /// <summary>
    /// The maximum size of an integer that another program wrote, in bytes:
    /// enough for a sum of as many 10,000-digit integers as a job can have.
    /// </summary>
    public const int LargestInteger = 4_161;

    private readonly ReadOnlySpan<byte> all = bytes;
    private int at;

    /// <summary>Whether this program wrote the bytes for itself.</summary>
    public readonly bool IsOwn => isOwn;

    /// <summary>Whether all bytes have been read.</summary>
    public readonly bool IsAtEnd => at == all.Length;

    /// <summary>The bytes that have not been read.</summary>
    public readonly ReadOnlySpan<byte> Rest => all[at..];

    /// <summary>Reads one byte.</summary>
    public byte Byte()
    {
        if (at >= all.Length)
            throw Cut();
        return all[at++];
    }

    /// <summary>Reads true or false.</summary>
    public bool Flag() => Byte() != 0;

    /// <summary>Reads a non-negative number.</summary>
    public ulong Unsigned()
    {
        ulong value = 0;
        // Ten groups of 7 bits hold 64 bits.
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next <= 0x7f)
                return value;
        }

        throw new FormatException("A number is too long.");
    }

    /// <summary>Reads a count, which cannot exceed the number of bytes that are left.</summary>
    public int Count()
    {
        var count = Unsigned();
        return count <= (ulong)(all.Length - at) ? (int)count : throw Cut();
    }

    /// <summary>Reads a signed number.</summary>
    public long Signed()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1); // Undoes the zigzag encoding.
    }

    /// <summary>
    /// Reads a number that <see cref="ByteWriter.Signed"/> wrote and that is a count, so not negative.
    /// </summary>
    public long Amount()
    {
        var value = Signed();
        return value >= 0 || isOwn ? value : throw new FormatException("A count is negative.");
    }

    /// <summary>Reads eight bytes, little-endian.</summary>
    public ulong Fixed()
    {
        if (all.Length - at < 8)
            throw Cut();
        at += 8;
        return BinaryPrimitives.ReadUInt64LittleEndian(all[(at - 8)..]);
    }

    /// <summary>Reads a length and that many bytes.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        var length = Count();
        at += length;
        return all.Slice(at - length, length);
    }

    /// <summary>Reads a string or null.</summary>
    public string? Text() => Flag() ? Encoding.UTF8.GetString(Bytes()) : null;

    /// <summary>Reads an integer of any size.</summary>
    public BigInteger Big()
    {
        var value = Bytes();
        return value.Length <= LargestInteger || isOwn ? new BigInteger(value) : throw new FormatException("An integer is too large.");
    }

    private static FormatException Cut() => new("The bytes are truncated.");
}
