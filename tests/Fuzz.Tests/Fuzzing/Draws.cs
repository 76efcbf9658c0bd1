using System.Text;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>Random choices. Everything that an iteration does comes from one <see cref="Random"/> of its own.</summary>
internal static class Draws
{
    /// <summary>Returns the source of an iteration: the same for the same surface, seed and number.</summary>
    public static Random Of(string surface, int seed, int iteration)
    {
        // FNV-1a over the surface's name, then the finalizer of SplitMix64.
        var hash = 14695981039346656037UL;
        foreach (var letter in Encoding.UTF8.GetBytes(surface))
            hash = (hash ^ letter) * 1099511628211UL;
        hash += ((ulong)(uint)seed << 32) + (uint)iteration;
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        return new Random((int)((hash ^ (hash >> 31)) & int.MaxValue));
    }

    /// <summary>Returns one of the values.</summary>
    public static T Pick<T>(this Random random, IReadOnlyList<T> values) => values[random.Next(values.Count)];

    /// <summary>Returns true in so many of a hundred cases.</summary>
    public static bool Percent(this Random random, int percent) => random.Next(100) < percent;

    /// <summary>Returns random bytes.</summary>
    public static byte[] Bytes(this Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Returns a whole number that is often near a border of a type.</summary>
    public static long Edge(this Random random) => random.Pick(Edges) + random.Next(-1, 2);

    private static readonly long[] Edges =
    [
        0, 1, -1, 2, 127, 128, 255, 256, 1_000, 10_000, 65_535, 65_536, int.MaxValue, int.MinValue, uint.MaxValue,
        1L << 40, 1L << 53, -(1L << 53),
        long.MaxValue - 1, long.MinValue + 1, 922_337_203_685_477, 4_294_967_294, 60_000, 30_000,
    ];
}
