using OrleansTasks.Dispatch;

namespace OrleansTasks.Simulation.World;

/// <summary>The grains' chance, by the seed.</summary>
internal sealed class SeededChance(SimRandom chance) : IRandomness
{
    /// <inheritdoc/>
    public ulong NextBits() => chance.NextBits();

    /// <inheritdoc/>
    public double NextFraction() => chance.NextDouble();
}
