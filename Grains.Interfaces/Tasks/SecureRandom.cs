using System.Security.Cryptography;

namespace OrleansTasks.Tasks;

/// <summary>
/// Random numbers that nobody can guess from earlier ones, for ids: an id that is known lets a key act on what it cannot see.
/// Not thread-safe, like its base.
/// </summary>
public sealed class SecureRandom : Random
{
    private readonly byte[] bytes = new byte[512];
    private int next = 512;

    /// <inheritdoc/>
    public override int Next() => (int)(Bits() >> 33) is var number && number < int.MaxValue ? number : Next();

    /// <inheritdoc/>
    public override int Next(int maxValue) => (int)NextInt64(maxValue);

    /// <inheritdoc/>
    public override int Next(int minValue, int maxValue) => (int)NextInt64(minValue, maxValue);

    /// <inheritdoc/>
    public override long NextInt64() => (long)(Bits() >> 1) is var number && number < long.MaxValue ? number : NextInt64();

    /// <inheritdoc/>
    public override long NextInt64(long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxValue);
        if (maxValue <= 1)
            return 0;
        // Within the largest multiple of the range, each number is as likely.
        var range = (ulong)maxValue;
        var most = ulong.MaxValue - (ulong.MaxValue % range);
        while (true)
        {
            if (Bits() is var bits && bits < most)
                return (long)(bits % range);
        }
    }

    /// <inheritdoc/>
    public override long NextInt64(long minValue, long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
        return minValue + NextInt64(checked(maxValue - minValue));
    }

    /// <inheritdoc/>
    public override double NextDouble() => Sample();

    /// <inheritdoc/>
    public override float NextSingle() => (Bits() >> 40) * (1f / (1 << 24));

    /// <inheritdoc/>
    public override void NextBytes(byte[] buffer) => RandomNumberGenerator.Fill(buffer);

    /// <inheritdoc/>
    public override void NextBytes(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);

    /// <inheritdoc/>
    protected override double Sample() => (Bits() >> 11) * (1.0 / (1UL << 53));

    // Bytes are taken from the system many at a time, because an id is minted for each task.
    private ulong Bits()
    {
        if (next == bytes.Length)
        {
            RandomNumberGenerator.Fill(bytes);
            next = 0;
        }

        var bits = BitConverter.ToUInt64(bytes, next);
        next += sizeof(ulong);
        return bits;
    }
}
