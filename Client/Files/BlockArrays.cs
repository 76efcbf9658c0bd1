using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansTasks.Client.Files;

/// <summary>
/// Gives the arrays of blocks that a silo has read to the shared pool. A silo in this process rented the array from that pool. A block
/// from another process is in an array of exactly its length, which the pool takes only if it hands out such arrays itself.
/// </summary>
internal static class BlockArrays
{
    private const int SmallestRented = 16;

    /// <summary>Gives a block's array away, if the pool can use it. Nothing may read the block afterwards.</summary>
    internal static void Return(ReadOnlyMemory<byte> block)
    {
        if (MemoryMarshal.TryGetArray(block, out var bytes) && bytes.Array is { Length: >= SmallestRented } array
            && BitOperations.IsPow2(array.Length))
            ArrayPool<byte>.Shared.Return(array);
    }
}
