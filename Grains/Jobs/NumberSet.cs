namespace OrleansTasks.Jobs;

/// <summary>
/// A set of chunk numbers as sorted ranges. Chunks usually end nearly in order, so even millions need few ranges.
/// Lookups are logarithmic; adding is linear in the number of ranges if it inserts or removes one.
/// </summary>
internal sealed class NumberSet
{
    private readonly List<ChunkRange> ranges = [];

    /// <summary>Ascending ranges with gaps between them. The list is live: copy it to keep it.</summary>
    public IReadOnlyList<ChunkRange> Ranges => ranges;

    /// <summary>Number of elements.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a number; returns false if it is present.</summary>
    public bool Add(long number)
    {
        var at = Find(number);
        if (at < ranges.Count && ranges[at].First <= number)
            return false;
        Count++;
        // Extends the range before or after, or joins the two; otherwise inserts a range.
        var joinsNext = at < ranges.Count && ranges[at].First == number + 1;
        if (at > 0 && ranges[at - 1].Last == number - 1)
        {
            ranges[at - 1] = ranges[at - 1] with { Last = joinsNext ? ranges[at].Last : number };
            if (joinsNext)
                ranges.RemoveAt(at);
        }
        else if (joinsNext)
            ranges[at] = ranges[at] with { First = number };
        else
            ranges.Insert(at, new ChunkRange(number, number));
        return true;
    }

    public bool Contains(long number)
    {
        var at = Find(number);
        return at < ranges.Count && ranges[at].First <= number;
    }

    /// <summary>Appends a range of a stored set, which must lie above all others with a gap. Not checked.</summary>
    public void Append(ChunkRange range)
    {
        ranges.Add(range);
        Count += range.Last - range.First + 1;
    }

    public void Clear()
    {
        ranges.Clear();
        Count = 0;
    }

    /// <summary>
    /// Returns the index of the first range that ends at the number or above: only it can contain the number.
    /// </summary>
    private int Find(long number)
    {
        var (low, high) = (0, ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ranges[middle].Last < number)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
