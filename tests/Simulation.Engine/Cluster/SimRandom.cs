namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// Chance by a seed: the same numbers on every machine and version of .NET (xoshiro256**, seeded by SplitMix64, both by Blackman and
/// Vigna). Each use of chance has one of its own, so that leaving one fault out does not reshuffle the rest.
/// </summary>
internal sealed class SimRandom : Random
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>Chance for one use.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="use">What it is for.</param>
    public SimRandom(long seed, string use) : base(0)
    {
        var state = (ulong)seed ^ StableHash.Of(use);
        _a = SplitMix(ref state);
        _b = SplitMix(ref state);
        _c = SplitMix(ref state);
        _d = SplitMix(ref state);
    }

    /// <summary>How many numbers were drawn.</summary>
    public long Draws { get; private set; }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        Draws++;
        var result = ulong.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = ulong.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Whether something of this probability happens; nothing is drawn for what cannot.</summary>
    /// <param name="probability">From 0 to 1.</param>
    public bool Happens(double probability) => probability > 0 && NextDouble() < probability;

    /// <summary>A time between two, in whole microseconds.</summary>
    /// <param name="least">The shortest.</param>
    /// <param name="most">The longest.</param>
    public TimeSpan Between(TimeSpan least, TimeSpan most) => most <= least
        ? least
        : least + TimeSpan.FromMicroseconds(NextInt64((most - least).Ticks / TimeSpan.TicksPerMicrosecond));

    /// <inheritdoc/>
    public override int Next() => (int)(NextBits() >> 33) & int.MaxValue - 1;

    /// <inheritdoc/>
    public override int Next(int maxValue) => (int)NextInt64(maxValue);

    /// <inheritdoc/>
    public override int Next(int minValue, int maxValue) => (int)NextInt64(minValue, maxValue);

    /// <inheritdoc/>
    public override long NextInt64() => (long)(NextBits() >> 2);

    /// <inheritdoc/>
    public override long NextInt64(long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxValue);
        return maxValue <= 1 ? 0 : (long)Math.BigMul(NextBits(), (ulong)maxValue, out _);
    }

    /// <inheritdoc/>
    public override long NextInt64(long minValue, long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
        return minValue + NextInt64(maxValue - minValue);
    }

    /// <inheritdoc/>
    public override double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <inheritdoc/>
    public override float NextSingle() => (float)NextDouble();

    /// <inheritdoc/>
    public override void NextBytes(byte[] buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        NextBytes(buffer.AsSpan());
    }

    /// <inheritdoc/>
    public override void NextBytes(Span<byte> buffer)
    {
        for (var i = 0; i < buffer.Length; i++) buffer[i] = (byte)(NextBits() >> 56);
    }

    /// <inheritdoc/>
    protected override double Sample() => NextDouble();

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
