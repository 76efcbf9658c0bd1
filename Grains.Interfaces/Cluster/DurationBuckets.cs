using System.Numerics;

namespace OrleansTasks.Cluster;

/// <summary>
/// Sorts durations into buckets that grow with them: four to each doubling, so that a bound is at most a quarter too high.
/// </summary>
public static class DurationBuckets
{
    private const int Steps = 4;
    private const int Doublings = 36;

    /// <summary>How many buckets there are; the last one holds everything from 19 hours on.</summary>
    public const int Count = Steps * Doublings;

    /// <summary>The bucket of a duration in microseconds.</summary>
    public static int IndexOf(long microseconds)
    {
        if (microseconds < Steps)
            return (int)Math.Max(0, microseconds);
        var doubling = BitOperations.Log2((ulong)microseconds);
        var step = (int)(microseconds >> (doubling - 2)) & (Steps - 1);
        return Math.Min(Count - 1, ((doubling - 1) * Steps) + step);
    }

    /// <summary>The longest duration of a bucket, in microseconds.</summary>
    public static long BoundOf(int index)
    {
        if (index < Steps)
            return index;
        var doubling = (index / Steps) + 1;
        return ((Steps + (index % Steps) + 1L) << (doubling - 2)) - 1;
    }

    /// <summary>
    /// The duration, in microseconds, that a share of the calls did not exceed, at most <paramref name="longest"/>; 0 when there
    /// were none.
    /// </summary>
    public static long Quantile(IReadOnlyList<long> counts, double share, long longest)
    {
        ArgumentNullException.ThrowIfNull(counts);
        var wanted = (long)Math.Ceiling(counts.Sum() * share);
        for (int index = 0; index < counts.Count && wanted > 0; index++)
        {
            wanted -= counts[index];
            if (wanted <= 0)
                return Math.Min(longest, BoundOf(index));
        }

        return 0;
    }
}
