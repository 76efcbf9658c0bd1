
namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Chance that a seed repeats.</summary>
internal sealed class SeededRandomness(int seed) : IRandomness
{
    private readonly Random random = new(seed);

    public ulong NextBits() => (ulong)random.NextInt64(long.MinValue, long.MaxValue);

    public double NextFraction() => random.NextDouble();
}
