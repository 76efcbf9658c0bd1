using System.Buffers;
using Google.Protobuf;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>What was read of one stream and not yet taken to be sent. Its owner locks.</summary>
internal struct StreamBuffer
{
    private const int SmallestArray = 512;
    private byte[]? bytes;
    private long offset;

    /// <summary>How many bytes wait.</summary>
    internal int Length { get; private set; }

    /// <summary>Adds what was read next.</summary>
    internal void Add(ReadOnlySpan<byte> more)
    {
        if (bytes is null)
            bytes = ArrayPool<byte>.Shared.Rent(Math.Max(more.Length, SmallestArray));
        else if (bytes.Length - Length < more.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(bytes.Length * 2, Length + more.Length));
            bytes.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(bytes);
            bytes = larger;
        }

        more.CopyTo(bytes.AsSpan(Length));
        Length += more.Length;
    }

    /// <summary>Takes all that waits as a chunk; its array is the chunk's from now on.</summary>
    internal OutputChunk? Take(Lease lease, uint stream, List<byte[]> arrays)
    {
        if (Length == 0)
            return null;
        var chunk = new OutputChunk
        {
            Lease = lease,
            Stream = stream,
            Offset = offset,
            Data = UnsafeByteOperations.UnsafeWrap(bytes.AsMemory(0, Length)),
        };
        arrays.Add(bytes!);
        offset += Length;
        (bytes, Length) = (null, 0);
        return chunk;
    }

    /// <summary>Forgets what waits.</summary>
    internal void Clear()
    {
        if (bytes is not null)
            ArrayPool<byte>.Shared.Return(bytes);
        (bytes, Length) = (null, 0);
    }
}
