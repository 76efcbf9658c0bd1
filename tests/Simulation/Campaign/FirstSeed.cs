using System.Security.Cryptography;

namespace OrleansTasks.Simulation.Campaign;

/// <summary>
/// Where a campaign begins that was not told: by the randomness of the operating system, so that each sees other seeds.
/// </summary>
internal static class FirstSeed
{
    private const int RoomForSeeds = 100_000_000;

    /// <summary>A first seed, at least 1, with room for many after it.</summary>
    public static int Draw() => RandomNumberGenerator.GetInt32(1, int.MaxValue - RoomForSeeds);
}
