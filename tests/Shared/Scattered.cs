using System.Buffers;

namespace OrleansTasks.Tests;

/// <summary>Bytes that lie in several pieces of memory.</summary>
internal static class Scattered
{
    /// <summary>The bytes in pieces of so many.</summary>
    public static ReadOnlySequence<byte> Over(byte[] bytes, int size)
    {
        var last = new Piece(default, null);
        var first = last;
        for (var at = 0; at < bytes.Length; at += size)
            last = new Piece(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)), last);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is null)
                return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
