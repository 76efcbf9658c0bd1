using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The <see cref="IRandomness"/> used in production. Uses the operating system's secure generator, because lease tokens
/// must be unpredictable. Reads it in blocks, because a system call for each number would be costly. Thread-safe.
/// </summary>
public sealed class SecureRandomness : IRandomness
{
    // In bytes. A multiple of 8: NextBits takes 8 bytes at a time and refills only at the exact end of the block.
    private const int BlockSize = 4096;
    private readonly Lock gate = new();
    private readonly byte[] block = new byte[BlockSize];

    // How many bytes of the block have been used. Initially all, so that the first call fills the block.
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
    /// Returns the upper 53 bits, as many as a double holds exactly, divided by 2 to the power of 53.
    /// </remarks>
    public double NextFraction() => (NextBits() >> 11) * (1.0 / (1UL << 53));
}
