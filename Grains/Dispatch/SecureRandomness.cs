using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The <see cref="IRandomness"/> of production: random numbers from the operating system's secure generator. They must
/// be unpredictable because lease tokens, by which a node proves that it holds an attempt, are made of them.
/// Fetches a block of numbers at a time, because a call of the system's generator for each number is costly.
/// All dispatchers of a silo share one instance; it is safe for use from many threads.
/// </summary>
public sealed class SecureRandomness : IRandomness
{
    // In bytes. A multiple of 8, because NextBits takes 8 bytes at a time and refills only at the exact end of the
    // block.
    private const int BlockSize = 4096;
    private readonly Lock gate = new();
    private readonly byte[] block = new byte[BlockSize];

    // How many bytes of the block were given out. All of them at first, so that the first call fills the block.
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
    /// <remarks>
    /// The upper 53 random bits, as many as a double can hold exactly, divided by 2 to the power of 53.
    /// </remarks>
    public double NextFraction() => (NextBits() >> 11) * (1.0 / (1UL << 53));
}
