namespace OrleansTasks.Jobs;

/// <summary>
/// Decides how many items the next chunk of a job has, and how many chunks may be open at once.
/// <see cref="ChunkCutter"/> asks before it cuts, and reports how long ended chunks took.
/// </summary>
/// <remarks>
/// A chunk should take 200 ms. The first chunks have <c>firstSize</c> items, since nothing is known yet.
/// Then the size follows the measured time of an item, but stays within four times the larger
/// of <c>firstSize</c> and the largest chunk that has ended, so that a wrong measurement does not make one huge chunk.
/// When a source of known size nears its end, chunks shrink, so that all slots end at about the same time;
/// when the source is small for the number of slots, the first chunks are smaller for the same reason.
/// A chunk size in the job's spec replaces all of this; then only the window adapts.
/// <para>
/// "Items" are bytes when the source is a file. Measurements are not stored: after a restart the sizer measures again.
/// </para>
/// </remarks>
/// <param name="firstSize">The number of items in a chunk while no chunk has ended.</param>
/// <param name="largest">The most items in a chunk of adaptive size.</param>
/// <param name="fixedSize">The number of items that the job's spec demands for every chunk; null to adapt.</param>
internal sealed class ChunkSizer(long firstSize, long largest, int? fixedSize)
{
    /// <summary>The work that a chunk should be, in microseconds.</summary>
    private const double TargetMicros = 200_000;

    /// <summary>The least work that a chunk near the end of the source should be, in microseconds.</summary>
    private const double LeastMicros = 10_000;

    /// <summary>The work that all open chunks of one slot should be together, in microseconds.</summary>
    private const double AheadMicros = 1_000_000;

    /// <summary>The weight of the newest chunk in the moving averages.</summary>
    private const double NewestWeight = 0.2;

    /// <summary>The factor by which <see cref="recentLargest"/> falls with each chunk.</summary>
    private const double LargestDecay = 0.95;

    /// <summary>
    /// How many times larger a chunk may be than the largest chunk that has ended, or than firstSize.
    /// </summary>
    private const int MostGrowth = 4;

    /// <summary>The most chunks that may be open, unless three a slot are more.</summary>
    private const int MostOpen = 16_384;

    /// <summary>Near its end, the rest of the source is divided into at least this many chunks for each slot.</summary>
    private const int SharesPerSlot = 2;

    // Moving averages of the time of an item and of a chunk, in microseconds; NaN before the first chunk has ended.
    private double itemCost = double.NaN;
    private double chunkCost = double.NaN;

    // Both count items. recentLargest falls slowly, largestEnded never falls;
    // both are 0 before the first chunk has ended.
    private double recentLargest;
    private long largestEnded;

    /// <summary>The average time of an item in microseconds; NaN before the first chunk has ended.</summary>
    public double ItemCost => itemCost;

    /// <summary>
    /// Records that a chunk of <paramref name="items"/> evaluated items took <paramref name="micros"/> microseconds.
    /// Ignores a chunk of 0 items: one that failed, or a reduction.
    /// </summary>
    public void Note(long items, long micros)
    {
        if (items == 0)
            return;
        var cost = Math.Max(micros, 1);
        var perItem = (double)cost / items;
        // Fixed overhead dominates small chunks, so a chunk that is smaller than other recent chunks weighs less.
        // Otherwise the small chunks near the end would make an item look slow,
        // and the next chunks would become smaller still.
        recentLargest = Math.Max(items, recentLargest * LargestDecay);
        itemCost = double.IsNaN(itemCost)
            ? perItem
            : itemCost + (NewestWeight * (items / recentLargest) * (perItem - itemCost));
        chunkCost = double.IsNaN(chunkCost) ? cost : chunkCost + (NewestWeight * (cost - chunkCost));
        largestEnded = Math.Max(largestEnded, items);
    }

    /// <summary>Returns the size of the next chunk: from 1 to <paramref name="left"/> items.</summary>
    /// <param name="left">How many items are left, at least 1; <see cref="long.MaxValue"/> when not known.</param>
    /// <param name="slots">The number of slots that match the job, or a guess; at least 1.</param>
    public long Next(long left, int slots)
    {
        if (fixedSize is { } size)
            return Math.Min(size, left);
        var wanted = double.IsNaN(itemCost)
            ? firstSize
            : (long)Math.Min(TargetMicros / itemCost, MostGrowth * (double)Math.Max(largestEnded, firstSize));
        wanted = Math.Clamp(wanted, 1, largest);
        if (left != long.MaxValue)
        {
            // A share of what is left, as in guided self-scheduling, but at least 10 ms of work, because each chunk
            // has overhead. Before the first measurement the least is 1024 items, or firstSize if that is smaller.
            var share = (left + (SharesPerSlot * slots) - 1) / (SharesPerSlot * slots);
            var least = double.IsNaN(itemCost)
                ? Math.Min(firstSize, 1024)
                : (long)Math.Clamp(LeastMicros / itemCost, 1, largest);
            wanted = Math.Min(wanted, Math.Max(share, least));
        }

        return Math.Min(wanted, left);
    }

    /// <summary>
    /// Returns how many chunks may be open at once: three a slot and at least 4, or more while chunks are short,
    /// up to a second of work a slot. Before the first chunk has ended, chunks of a fixed size get 16 a slot,
    /// because they may be short.
    /// </summary>
    /// <param name="slots">The number of slots that match the job, or a guess; at least 1.</param>
    public int Window(int slots)
    {
        var least = Math.Max(4, 3 * slots);
        if (double.IsNaN(chunkCost))
            return fixedSize is null ? least : Math.Max(least, 16 * slots);
        // While the size still grows, chunks that are cut ahead would all be too small.
        if (fixedSize is null
            && Math.Min(TargetMicros / itemCost, largest) > MostGrowth * (double)Math.Max(largestEnded, firstSize))
            return least;
        return (int)Math.Clamp(slots * AheadMicros / chunkCost, least, Math.Max(least, MostOpen));
    }
}
