namespace OrleansTasks.Jobs;

/// <summary>
/// How large the next chunk is and how many may be open: sizes go for 200 ms of work by what ended chunks took, never to more than
/// four times of what has been tried; towards the end they shrink, so that all slots end together.
/// </summary>
internal sealed class ChunkSizer(long firstSize, long largest, int? fixedSize)
{
    private const double Target = 200_000;
    private const double Least = 10_000;
    private const double Ahead = 1_000_000;
    private const double Weight = 0.2;
    private const double PeakDecay = 0.95;
    private const int Growth = 4;
    private const int MostOpen = 16_384;
    private const int Shares = 2;
    private double itemCost = double.NaN;
    private double chunkCost = double.NaN;
    private double peak;
    private long tried;

    /// <summary>Microseconds an item takes; NaN before the first chunk has ended.</summary>
    public double ItemCost => itemCost;

    /// <summary>Takes in what a chunk took, in microseconds.</summary>
    public void Note(long items, long micros)
    {
        if (items == 0)
            return;
        var cost = Math.Max(micros, 1);
        var perItem = (double)cost / items;
        // Of a small chunk most of the time is not its items': as much as it is smaller than others, so much less it tells of them. Else
        // the small chunks towards the end would make an item look dear, and the next ones smaller still.
        peak = Math.Max(items, peak * PeakDecay);
        itemCost = double.IsNaN(itemCost) ? perItem : itemCost + (Weight * (items / peak) * (perItem - itemCost));
        chunkCost = double.IsNaN(chunkCost) ? cost : chunkCost + (Weight * (cost - chunkCost));
        tried = Math.Max(tried, items);
    }

    /// <summary>The size of the next chunk when so many items are left; <see cref="long.MaxValue"/> when nobody knows.</summary>
    public long Next(long left, int slots)
    {
        if (fixedSize is { } size)
            return Math.Min(size, left);
        var wanted = double.IsNaN(itemCost) ? firstSize : (long)Math.Min(Target / itemCost, Growth * (double)Math.Max(tried, firstSize));
        wanted = Math.Clamp(wanted, 1, largest);
        if (left != long.MaxValue)
        {
            // A share of what is left, as in guided self-scheduling, but no less than 10 ms of work: a chunk costs some itself.
            var share = (left + (Shares * slots) - 1) / (Shares * slots);
            var least = double.IsNaN(itemCost) ? Math.Min(firstSize, 1024) : (long)Math.Clamp(Least / itemCost, 1, largest);
            wanted = Math.Min(wanted, Math.Max(share, least));
        }

        return Math.Min(wanted, left);
    }

    /// <summary>How many chunks may be open at once.</summary>
    public int Window(int slots)
    {
        var least = Math.Max(4, 3 * slots);
        if (double.IsNaN(chunkCost))
            return fixedSize is null ? least : Math.Max(least, 16 * slots);
        // While sizes still grow, what is cut ahead would all be too small.
        if (fixedSize is null && Math.Min(Target / itemCost, largest) > Growth * (double)Math.Max(tried, firstSize))
            return least;
        return (int)Math.Clamp(slots * Ahead / chunkCost, least, Math.Max(least, MostOpen));
    }
}
