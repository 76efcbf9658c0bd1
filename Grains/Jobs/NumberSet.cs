namespace OrleansTasks.Jobs;

/// <summary>
/// A set of chunk numbers, kept as a sorted list of ranges. <see cref="JobFold"/> has two such sets:
/// all chunks that it has folded, so that it folds none twice, and those among them that the stored progress
/// does not include yet. The commit that saves the progress deletes the chunks of the second set from the store.
/// Chunks are numbered in the order in which they are cut, and usually end in nearly that order.
/// So even a job of millions of chunks has few ranges. A search takes logarithmic time;
/// an addition that inserts or removes a range takes time in proportion to the number of ranges.
/// </summary>
internal sealed class NumberSet
{
    private readonly List<ChunkRange> ranges = [];

    /// <summary>
    /// The ranges, in ascending order, each with its first and its last number. At least one number is missing between
    /// any two ranges. This is the live list: copy it to keep it.
    /// </summary>
    public IReadOnlyList<ChunkRange> Ranges => ranges;

    /// <summary>How many numbers the set has.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a number. Returns false when the set has it already.</summary>
    public bool Add(long number)
    {
        var at = Find(number);
        if (at < ranges.Count && ranges[at].First <= number)
            return false;
        Count++;
        // The number extends the range before it, or the range after it, or joins the two;
        // else it becomes a range of its own.
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

    /// <summary>Returns whether the set has the number.</summary>
    public bool Contains(long number)
    {
        var at = Find(number);
        return at < ranges.Count && ranges[at].First <= number;
    }

    /// <summary>
    /// Adds the next range of a stored set, when progress is restored. The range must lie above all numbers of the set,
    /// with a gap between, as <see cref="Ranges"/> gives them. This is not checked.
    /// </summary>
    public void Append(ChunkRange range)
    {
        ranges.Add(range);
        Count += range.Last - range.First + 1;
    }

    /// <summary>Removes all numbers.</summary>
    public void Clear()
    {
        ranges.Clear();
        Count = 0;
    }

    /// <summary>
    /// Returns the index of the first range whose last number is the given one or larger.
    /// Only this range can contain the given number. Returns the number of ranges when every range ends before it.
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
