using System.Buffers;
using Google.Protobuf;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The output of one stream that waits to be sent, in pieces small enough to stay out of the large object heap on both
/// sides. The owner does the locking.
/// </summary>
internal struct StreamBuffer
{
    private const int SmallestArray = 512;
    private const int PieceSize = 64 * 1024;
    private List<(byte[] Array, int Length)>? full;
    private int fullLength;
    private byte[]? last;
    private int lastLength;
    private long offset;

    /// <summary>Creates a buffer whose first byte has this place in its stream.</summary>
    internal static StreamBuffer At(long offset) => new() { offset = offset };

    /// <summary>The place of the first waiting byte in its stream.</summary>
    internal readonly long Offset => offset;

    /// <summary>Writes the waiting bytes, and keeps them.</summary>
    internal readonly void CopyTo(Stream target)
    {
        foreach (var (array, length) in full ?? [])
            target.Write(array, 0, length);
        if (last is not null)
            target.Write(last, 0, lastLength);
    }

    /// <summary>The number of waiting bytes.</summary>
    internal readonly int Length => fullLength + lastLength;

    /// <summary>Adds bytes.</summary>
    internal void Add(ReadOnlySpan<byte> more)
    {
        while (!more.IsEmpty)
        {
            var now = more[..Math.Min(more.Length, PieceSize - lastLength)];
            Reserve(lastLength + now.Length);
            now.CopyTo(last.AsSpan(lastLength));
            lastLength += now.Length;
            more = more[now.Length..];
            if (lastLength < PieceSize)
                continue;
            AddLast();
        }
    }

    /// <summary>Adds a whole array, which the buffer owns from now on.</summary>
    internal void Keep(byte[] array)
    {
        if (last is not null)
            AddLast();
        (last, lastLength) = (array, array.Length);
        AddLast();
    }

    /// <summary>
    /// Moves waiting bytes into chunks of a message, not many more than <paramref name="most"/>. The chunks then own
    /// the arrays.
    /// </summary>
    internal void Take(Lease lease, uint stream, int most, OutputChunks message, List<byte[]> arrays)
    {
        if (full is not null)
        {
            var pieces = 0;
            for (; pieces < full.Count && full[pieces].Length <= most; pieces++)
            {
                var (array, length) = full[pieces];
                Take(array, length, lease, stream, message, arrays);
                fullLength -= length;
                most -= length;
            }

            full.RemoveRange(0, pieces);
        }

        if (full is { Count: > 0 } || last is null)
            return;
        Take(last, lastLength, lease, stream, message, arrays);
        (last, lastLength) = (null, 0);
    }

    /// <summary>Discards the waiting bytes.</summary>
    internal void Clear()
    {
        foreach (var (array, _) in full ?? [])
            ArrayPool<byte>.Shared.Return(array);
        if (last is not null)
            ArrayPool<byte>.Shared.Return(last);
        full?.Clear();
        (fullLength, last, lastLength) = (0, null, 0);
    }

    private void AddLast()
    {
        (full ??= []).Add((last!, lastLength));
        fullLength += lastLength;
        (last, lastLength) = (null, 0);
    }

    private void Take(byte[] piece, int length, Lease lease, uint stream, OutputChunks message, List<byte[]> arrays)
    {
        message.Chunks.Add(new OutputChunk
        {
            Lease = lease,
            Stream = stream,
            Offset = offset,
            Data = UnsafeByteOperations.UnsafeWrap(piece.AsMemory(0, length)),
        });
        arrays.Add(piece);
        offset += length;
    }

    private void Reserve(int length)
    {
        if (last is not null && last.Length >= length)
            return;
        // Most commands write little, so the first array is small. Longer output gets whole pieces.
        var size = last is null && full is null or { Count: 0 } ? Math.Max(length, SmallestArray) : PieceSize;
        var larger = ArrayPool<byte>.Shared.Rent(size);
        if (last is not null)
        {
            last.AsSpan(0, lastLength).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(last);
        }

        last = larger;
    }
}
