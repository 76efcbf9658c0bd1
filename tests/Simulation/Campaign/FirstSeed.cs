using System.Globalization;
using System.Security.Cryptography;

namespace OrleansTasks.Simulation.Campaign;

/// <summary>
/// Where a campaign begins that was not told: by the randomness of the operating system, so that each sees other seeds. A build
/// machine sets <c>OTASK_FIRST_SEED</c> from the commit, so that every commit sees other seeds and a run can be repeated.
/// </summary>
internal static class FirstSeed
{
    private const string Variable = "OTASK_FIRST_SEED";
    private const int RoomForSeeds = 100_000_000;

    /// <summary>A first seed, at least 1, with room for many after it.</summary>
    public static int Draw() => RandomNumberGenerator.GetInt32(1, int.MaxValue - RoomForSeeds);

    /// <summary>The first seed of the variable, or else a drawn one.</summary>
    public static int OfTests() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text
            ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
            : Draw();
}
