using System.Numerics;

namespace OrleansTasks.Cluster;

/// <summary>
/// Sorts durations into buckets that grow exponentially: four for each power of two, so that a bucket's bound is at
/// most a quarter too high.
/// </summary>
public static class DurationBuckets
{
    private const int Steps = 4;
    private const int Doublings = 36;

    /// <summary>The number of buckets. The last one holds all durations of about 33 hours or more.</summary>
    public const int Count = Steps * Doublings;

    /// <summary>Returns the bucket of a duration in microseconds.</summary>
    public static int IndexOf(long microseconds)
    {
        if (microseconds < Steps)
            return (int)Math.Max(0, microseconds);
        // The highest bit gives the power of two, and the two bits below it give the step.
        var doubling = BitOperations.Log2((ulong)microseconds);
        var step = (int)(microseconds >> (doubling - 2)) & (Steps - 1);
        return Math.Min(Count - 1, ((doubling - 1) * Steps) + step);
    }

    /// <summary>Returns the longest duration of a bucket, in microseconds.</summary>
    public static long BoundOf(int index)
    {
        if (index < Steps)
            return index;
        var doubling = (index / Steps) + 1;
        return ((Steps + (index % Steps) + 1L) << (doubling - 2)) - 1;
    }

    /// <summary>
    /// Returns the duration in microseconds, at most <paramref name="longest"/>, that the given share of the calls did
    /// not exceed; 0 if there were no calls.
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
