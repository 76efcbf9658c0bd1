using System.Security.Cryptography;

namespace OrleansTasks.Tasks;

/// <summary>
/// Generates cryptographically secure random numbers for ids, because anyone who guesses an id could act on a task that
/// their key cannot list. Not thread-safe, like its base class.
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
        // Rejects numbers at or above the largest multiple of the range, so that all results are equally likely.
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

    // Fetches 512 random bytes from the system at a time, because every task needs an id.
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
