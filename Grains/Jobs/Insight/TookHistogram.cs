using System.Numerics;
using OrleansTasks.Processing.Binary;

namespace OrleansTasks.Jobs.Insight;

/// <summary>
/// A histogram of chunk durations in microseconds, with sixteen equal buckets per power of two: a quantile is at most
/// 6.25 % too high, and never above the longest duration.
/// </summary>
internal sealed class TookHistogram
{
    private const int SubBits = 4;
    private const int Subs = 1 << SubBits;

    /// <summary>Number of buckets; the last one contains <see cref="long.MaxValue"/>.</summary>
    private const int Buckets = (64 - SubBits) * Subs;
    private readonly SortedDictionary<int, long> counts = [];

    public long Count { get; private set; }

    public long Longest { get; private set; }

    /// <summary>Adds a duration; negative ones, from a faulty worker, count as 0.</summary>
    public void Add(long micros)
    {
        micros = Math.Max(0, micros);
        Count++;
        Longest = Math.Max(Longest, micros);
        var bucket = BucketOf(micros);
        counts[bucket] = counts.GetValueOrDefault(bucket) + 1;
    }

    /// <summary>Returns a duration that this share (0 to 1) of chunks does not exceed; null without chunks.</summary>
    public long? Quantile(double share)
    {
        var left = (long)Math.Ceiling(share * Count);
        foreach (var (bucket, count) in counts)
        {
            if ((left -= count) <= 0)
                return Math.Min(Longest, LargestOf(bucket));
        }

        return null;
    }

    public void Write(ByteWriter writer)
    {
        writer.Signed(Longest);
        writer.Unsigned((ulong)counts.Count);
        foreach (var (bucket, count) in counts)
        {
            writer.Signed(bucket);
            writer.Signed(count);
        }
    }

    /// <summary>Reads the binary form. Throws <see cref="FormatException"/> if it is damaged.</summary>
    public static TookHistogram Read(ref ByteReader reader)
    {
        var histogram = new TookHistogram { Longest = reader.Signed() };
        for (var left = reader.Count(); left > 0; left--)
        {
            var (bucket, count) = (reader.Signed(), reader.Signed());
            if (bucket is < 0 or >= Buckets || count <= 0)
                throw new FormatException("A job's record of durations is damaged.");
            histogram.counts[(int)bucket] = count;
            histogram.Count += count;
        }

        return histogram;
    }

    // Values below 16 have a bucket each. Above, the highest bit selects 16 buckets, and the next four bits one of
    // them.
    private static int BucketOf(long micros)
    {
        if (micros < Subs)
            return (int)micros;
        var power = BitOperations.Log2((ulong)micros);
        return ((power - SubBits + 1) * Subs) + (int)((micros >> (power - SubBits)) & (Subs - 1));
    }

    private static long LargestOf(int bucket) => bucket < Subs
        ? bucket
        : (long)((((ulong)(Subs + (bucket % Subs)) + 1) << ((bucket / Subs) - 1)) - 1);
}
