using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OrleansTasks.Tasks;

/// <summary>
/// Random numbers from the operating system's secure generator, because lease tokens are made of them. They are fetched a block at
/// a time: each call of the generator is costly. Safe for use from many threads.
/// </summary>
public sealed class SecureRandomness : IRandomness
{
    // A multiple of 8: a block holds whole numbers.
    private const int BlockSize = 4096;
    private readonly Lock gate = new();
    private readonly byte[] block = new byte[BlockSize];

    /// <summary>Bytes of the block that were given out; all of them at first, so that the first call fills it.</summary>
    private int used = BlockSize;

    /// <inheritdoc/>
    public ulong NextBits()
    {
        lock (gate)
        {
            if (used == block.Length)
            {
                RandomNumberGenerator.Fill(block);
                used = 0;
            }

            var bits = BinaryPrimitives.ReadUInt64LittleEndian(block.AsSpan(used));
            used += sizeof(ulong);
            return bits;
        }
    }

    /// <inheritdoc/>
    public double NextFraction() => (NextBits() >> 11) * (1.0 / (1UL << 53));
}
