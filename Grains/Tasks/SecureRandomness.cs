using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OrleansTasks.Tasks;

/// <summary>Chance from the operating system's generator, drawn in blocks. Safe for use from many threads.</summary>
public sealed class SecureRandomness : IRandomness
{
    private readonly Lock gate = new();
    private readonly byte[] block = new byte[4096];
    private int used = 4096;

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
