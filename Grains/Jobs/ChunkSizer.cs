namespace OrleansTasks.Jobs;

/// <summary>
/// Sizes the chunks of a job, and the window of open chunks, from the measured durations of ended chunks.
/// </summary>
/// <remarks>
/// A chunk should take 200 ms. Sizes start at <paramref name="firstSize"/> and then follow the measured time per item,
/// up to four times the largest size that has ended (or the first size), so one wrong measurement cannot make a huge
/// chunk. Near the end of a source of known size, and in a source that is small for the slots, chunks shrink so that
/// all slots finish together; before the first measurement they have at least <paramref name="leastFirst"/> items. A
/// <paramref name="fixedSize"/> replaces all of this; only the window then adapts.
/// <para>If each chunk starts a program (<paramref name="startsPrograms"/>), a chunk should take ten times as long as
/// the start, if that is more. The start's duration follows from chunks of different sizes; the sizer cuts some if the
/// sizes would all be alike.</para>
/// <para>Items are bytes for a file. Measurements are not stored: after a restart the sizer measures again.</para>
/// </remarks>
internal sealed class ChunkSizer(
    long firstSize, long largest, int? fixedSize, bool startsPrograms = false, long leastFirst = 1024)
{
    /// <summary>Target duration of a chunk.</summary>
    private const double TargetMicros = 200_000;

    /// <summary>Target duration of a chunk over the duration of its program's start.</summary>
    private const double TargetStarts = 10;

    /// <summary>Limit on the target duration, however long a start takes.</summary>
    private const double MostTargetMicros = 30_000_000;

    /// <summary>Minimum duration of a chunk near the end of the source.</summary>
    private const double LeastMicros = 10_000;

    /// <summary>Target for the total duration of one slot's open chunks.</summary>
    private const double AheadMicros = 1_000_000;

    /// <summary>Weight of the newest chunk in the moving averages.</summary>
    private const double NewestWeight = 0.2;

    /// <summary>Decay of <see cref="recentLargest"/> per chunk.</summary>
    private const double LargestDecay = 0.95;

    /// <summary>Limit on the growth over the largest ended chunk, or over firstSize.</summary>
    private const int MostGrowth = 4;

    /// <summary>Limit on open chunks, unless three per slot are more.</summary>
    private const int MostOpen = 16_384;

    /// <summary>Near the end, each slot gets at least this many chunks of the rest.</summary>
    private const int SharesPerSlot = 2;

    // Moving averages in microseconds; NaN before the first chunk has ended.
    private double itemCost = double.NaN;
    private double chunkCost = double.NaN;

    private readonly StartCost? start = startsPrograms ? new StartCost() : null;

    // In items. recentLargest decays, largestEnded does not.
    private double recentLargest;
    private long largestEnded;

    /// <summary>The share of a chunk's duration that is its program's start, 0 to 1; 0 while it is unknown.</summary>
    public double StartShare => start is { IsKnown: true } known ? Math.Min(known.Start / chunkCost, 1) : 0;

    /// <summary>Records a chunk's duration in microseconds. Ignores 0 items: failures and reductions.</summary>
    public void Note(long items, long micros)
    {
        if (items == 0)
            return;
        var cost = Math.Max(micros, 1);
        var perItem = (double)cost / items;
        // Fixed overhead dominates small chunks, so a chunk that is smaller than recent ones weighs less. Otherwise the
        // small chunks near the end would make items look slow and the next chunks smaller still.
        recentLargest = Math.Max(items, recentLargest * LargestDecay);
        itemCost = double.IsNaN(itemCost)
            ? perItem
            : itemCost + (NewestWeight * (items / recentLargest) * (perItem - itemCost));
        chunkCost = double.IsNaN(chunkCost) ? cost : chunkCost + (NewestWeight * (cost - chunkCost));
        largestEnded = Math.Max(largestEnded, items);
        start?.Note(items, cost);
    }

    /// <summary>Returns the next chunk's size: 1 to <paramref name="left"/>, which is MaxValue if unknown.</summary>
    public long Next(long left, int slots)
    {
        if (fixedSize is { } size)
            return Math.Min(size, left);
        var wanted = double.IsNaN(itemCost)
            ? firstSize
            : (long)Math.Min(Wanted, MostGrowth * (double)Math.Max(largestEnded, firstSize));
        wanted = Math.Clamp(wanted, 1, largest);
        if (left != long.MaxValue)
        {
            // A share of the rest, as in guided self-scheduling, but at least 10 ms of work, since each chunk has
            // overhead. Before the first measurement, the minimum is leastFirst or firstSize.
            var share = (left + (SharesPerSlot * slots) - 1) / (SharesPerSlot * slots);
            var least = double.IsNaN(itemCost)
                ? Math.Min(firstSize, leastFirst)
                : (long)Math.Clamp(Least, 1, largest);
            wanted = Math.Min(wanted, Math.Max(share, least));
        }

        return Math.Min(wanted, left);
    }

    /// <summary>
    /// Returns the limit on open chunks: three per slot and at least 4; more while chunks are short, up to a second of
    /// work per slot. Before the first chunk has ended, fixed sizes get 16 per slot, because the chunks may be short.
    /// </summary>
    public int Window(int slots)
    {
        var least = Math.Max(4, 3 * slots);
        if (double.IsNaN(chunkCost))
            return fixedSize is null ? least : Math.Max(least, 16 * slots);
        // While sizes still grow, chunks cut ahead would all be too small.
        if (fixedSize is null
            && Math.Min(Wanted, largest) > MostGrowth * (double)Math.Max(largestEnded, firstSize))
            return least;
        return (int)Math.Clamp(slots * AheadMicros / chunkCost, least, Math.Max(least, MostOpen));
    }

    /// <summary>The size of a chunk of the target duration, without any limit.</summary>
    private double Wanted
    {
        get
        {
            var wanted = TargetMicros / itemCost;
            if (start is null)
                return wanted;
            if (start.IsKnown)
                return (Math.Clamp(TargetStarts * start.Start, TargetMicros, MostTargetMicros) - start.Start) / Math.Max(start.PerItem, double.Epsilon);
            // Chunks of nearly the same size as all before would not tell a start from the items.
            return wanted > recentLargest / 2 && wanted < 2 * recentLargest ? 2 * recentLargest : wanted;
        }
    }

    /// <summary>The size of a chunk of the minimum duration near the end, without any limit.</summary>
    private double Least => start is { IsKnown: true }
        ? Math.Max(LeastMicros, start.Start) / Math.Max(start.PerItem, double.Epsilon)
        : LeastMicros / itemCost;
}
