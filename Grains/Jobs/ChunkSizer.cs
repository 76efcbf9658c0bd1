namespace OrleansTasks.Jobs;

/// <summary>
/// Decides how large the next chunk is and how many chunks may be open. A chunk should take 200 ms, by what ended chunks took, but is
/// at most four times as large as the largest chunk that has ended. Towards the end of the source chunks shrink, so that all slots end
/// together. "Items" are bytes of a file, and items of any other source. What is learned is not stored: a restart learns again.
/// </summary>
/// <param name="firstSize">The size of a chunk in items, while no chunk has ended.</param>
/// <param name="largest">The most items of a chunk that is not of a fixed size.</param>
/// <param name="fixedSize">The size that the job's spec demands, in items; null to adapt.</param>
internal sealed class ChunkSizer(long firstSize, long largest, int? fixedSize)
{
    // Target, Least and Ahead are work in microseconds: of a chunk, of a chunk near the end, and of all open chunks of a slot.
    private const double Target = 200_000;
    private const double Least = 10_000;
    private const double Ahead = 1_000_000;

    /// <summary>The weight of the newest chunk in the moving averages.</summary>
    private const double Weight = 0.2;

    /// <summary>The factor by which <see cref="peak"/> falls with each chunk.</summary>
    private const double PeakDecay = 0.95;

    private const int Growth = 4;
    private const int MostOpen = 16_384;

    /// <summary>Near its end, the rest of the source is divided into at least this many chunks for each slot.</summary>
    private const int Shares = 2;

    // Moving averages in microseconds; NaN before the first chunk has ended.
    private double itemCost = double.NaN;
    private double chunkCost = double.NaN;

    // The items of the largest chunk that has ended: of late, and ever.
    private double peak;
    private long tried;

    /// <summary>Microseconds that an item takes; NaN before the first chunk has ended.</summary>
    public double ItemCost => itemCost;

    /// <summary>Records how long a chunk took, in microseconds. Ignores a chunk without items, such as one that failed.</summary>
    public void Note(long items, long micros)
    {
        if (items == 0)
            return;
        var cost = Math.Max(micros, 1);
        var perItem = (double)cost / items;
        // Fixed overhead dominates small chunks, so a chunk that is smaller than others of late weighs less. Otherwise the small chunks
        // towards the end would make an item look slow, and the next chunks would become smaller still.
        peak = Math.Max(items, peak * PeakDecay);
        itemCost = double.IsNaN(itemCost) ? perItem : itemCost + (Weight * (items / peak) * (perItem - itemCost));
        chunkCost = double.IsNaN(chunkCost) ? cost : chunkCost + (Weight * (cost - chunkCost));
        tried = Math.Max(tried, items);
    }

    /// <summary>Returns the size of the next chunk: from 1 to <paramref name="left"/> items.</summary>
    /// <param name="left">How many items are left, at least 1; <see cref="long.MaxValue"/> when not known.</param>
    /// <param name="slots">The number of slots that work for the job; at least 1.</param>
    public long Next(long left, int slots)
    {
        if (fixedSize is { } size)
            return Math.Min(size, left);
        var wanted = double.IsNaN(itemCost) ? firstSize : (long)Math.Min(Target / itemCost, Growth * (double)Math.Max(tried, firstSize));
        wanted = Math.Clamp(wanted, 1, largest);
        if (left != long.MaxValue)
        {
            // A share of what is left, as in guided self-scheduling, but no less than 10 ms of work, because each chunk has overhead.
            var share = (left + (Shares * slots) - 1) / (Shares * slots);
            var least = double.IsNaN(itemCost) ? Math.Min(firstSize, 1024) : (long)Math.Clamp(Least / itemCost, 1, largest);
            wanted = Math.Min(wanted, Math.Max(share, least));
        }

        return Math.Min(wanted, left);
    }

    /// <summary>
    /// Returns how many chunks may be open at once: at least three a slot, and more while chunks are short, up to a second of work a slot.
    /// </summary>
    /// <param name="slots">The number of slots that work for the job; at least 1.</param>
    public int Window(int slots)
    {
        var least = Math.Max(4, 3 * slots);
        if (double.IsNaN(chunkCost))
            return fixedSize is null ? least : Math.Max(least, 16 * slots);
        // While sizes still grow, chunks that are cut ahead would all be too small.
        if (fixedSize is null && Math.Min(Target / itemCost, largest) > Growth * (double)Math.Max(tried, firstSize))
            return least;
        return (int)Math.Clamp(slots * Ahead / chunkCost, least, Math.Max(least, MostOpen));
    }
}
