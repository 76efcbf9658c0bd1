namespace OrleansTasks.Jobs;

/// <summary>
/// A set of chunk numbers, kept as ranges: small as long as the numbers leave few gaps. Adding in the middle takes time in proportion to
/// the number of ranges.
/// </summary>
internal sealed class NumberSet
{
    private readonly List<ChunkRange> ranges = [];

    /// <summary>The ranges, in ascending order, with a gap between any two. The list changes with the set: copy it to keep it.</summary>
    public IReadOnlyList<ChunkRange> Ranges => ranges;

    /// <summary>The number of numbers, not of ranges.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a number. Returns false when the set has it already.</summary>
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

    /// <summary>
    /// Adds a range of a stored set, for restoring. It must lie behind all numbers of the set with a gap, which is not checked.
    /// </summary>
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
    /// Returns the index of the first range that ends at the number or later, the only one that can contain it; the number of ranges when
    /// there is none.
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
