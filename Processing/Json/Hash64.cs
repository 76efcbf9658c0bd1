using System.Buffers.Binary;

namespace OrleansTasks.Processing.Json;

/// <summary>
/// A fast 64-bit hash in the manner of wyhash, which folds eight-byte words by 128-bit products.
/// It must never change, because stored estimates are built on it.
/// </summary>
internal static class Hash64
{
    // Two odd constants with well-mixed bits; the first one is 2^64 divided by the golden ratio.
    private const ulong First = 0x9E3779B97F4A7C15;
    private const ulong Second = 0xD6E8FEB86659FD93;

    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var state = First ^ (ulong)bytes.Length;
        while (bytes.Length >= 8)
        {
            state = Fold(state ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes), Second);
            bytes = bytes[8..];
        }

        return Finish(state, Rest(bytes));
    }

    /// <summary>Returns the hash of a byte followed by others, as if they were one span.</summary>
    public static ulong Of(byte head, ReadOnlySpan<byte> tail)
    {
        var state = First ^ (ulong)(tail.Length + 1);
        if (tail.Length < 7)
            return Finish(state, head | (Rest(tail) << 8));
        state = Fold(state ^ (head | (Rest(tail[..7]) << 8)), Second);
        tail = tail[7..];
        while (tail.Length >= 8)
        {
            state = Fold(state ^ BinaryPrimitives.ReadUInt64LittleEndian(tail), Second);
            tail = tail[8..];
        }

        return Finish(state, Rest(tail));
    }

    private static ulong Finish(ulong state, ulong rest)
    {
        state = Fold(state ^ rest, First);
        return Fold(state ^ Second, First ^ (state >> 29));
    }

    /// <summary>
    /// Returns up to seven bytes as a number, the first byte lowest. The two reads may overlap; equal bits stay equal.
    /// </summary>
    private static ulong Rest(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 4)
        {
            var end = bytes.Length - 4;
            return BinaryPrimitives.ReadUInt32LittleEndian(bytes) | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[end..]) << (8 * end));
        }

        ulong rest = 0;
        for (var i = 0; i < bytes.Length; i++)
            rest |= (ulong)bytes[i] << (8 * i);
        return rest;
    }

    private static ulong Fold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }
}
