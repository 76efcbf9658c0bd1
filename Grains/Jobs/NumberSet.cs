namespace OrleansTasks.Jobs;

/// <summary>A set of numbers as ranges: small when they are nearly all of some.</summary>
internal sealed class NumberSet
{
    private readonly List<ChunkRange> ranges = [];

    public IReadOnlyList<ChunkRange> Ranges => ranges;

    public long Count { get; private set; }

    /// <summary>Adds a number; false when it is there.</summary>
    public bool Add(long number)
    {
        var at = Find(number);
        if (at < ranges.Count && ranges[at].First <= number)
            return false;
        Count++;
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

    /// <summary>Adds a range that lies behind all others.</summary>
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

    /// <summary>The first range that ends at the number or later.</summary>
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
