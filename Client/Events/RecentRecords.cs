namespace OrleansTasks.Client.Events;

/// <summary>
/// Keeps the newest records of a numbered log in memory, in order and without gaps. A reader can continue here unless
/// its position is older than the kept records. Not thread-safe.
/// </summary>
/// <param name="most">
/// The maximum total weight of the kept records. The newest record is kept whatever its weight.
/// </param>
/// <param name="numberOf">Returns a record's number in the log; each is larger than the one before.</param>
/// <param name="weightOf">Returns a record's weight, at least 1.</param>
internal sealed class RecentRecords<T>(int most, Func<T, long> numberOf, Func<T, int> weightOf)
{
    private readonly List<T> records = [];
    private int dropped;
    private int weight;

    /// <summary>
    /// The number after which all records are kept; <see cref="long.MaxValue"/> before <see cref="Begin"/>.
    /// </summary>
    public long After { get; private set; } = long.MaxValue;

    /// <summary>
    /// The number of the newest record; before the first record, the number given to <see cref="Begin"/>.
    /// </summary>
    public long Last { get; private set; }

    /// <summary>Whether <see cref="Begin"/> was called, without a later <see cref="Clear"/>.</summary>
    public bool HasBegun => After != long.MaxValue;

    /// <summary>Forgets all records; the next one follows the given number.</summary>
    public void Begin(long at)
    {
        Clear();
        After = Last = at;
    }

    /// <summary>Forgets all records and the position.</summary>
    public void Clear()
    {
        records.Clear();
        (dropped, weight) = (0, 0);
        (After, Last) = (long.MaxValue, 0);
    }

    /// <summary>
    /// Adds the record after <see cref="Last"/>, and drops the oldest records beyond the maximum weight.
    /// </summary>
    public void Add(T record)
    {
        records.Add(record);
        weight += weightOf(record);
        Last = numberOf(record);
        while (weight > most && dropped < records.Count - 1)
        {
            After = numberOf(records[dropped]);
            weight -= weightOf(records[dropped]);
            records[dropped++] = default!;
        }

        // Compact the list only when half of it is dropped, which keeps the cost per record constant.
        if (dropped > records.Count / 2)
        {
            records.RemoveRange(0, dropped);
            dropped = 0;
        }
    }

    /// <summary>
    /// Returns at most <paramref name="limit"/> records after a number in <paramref name="page"/>. Returns false if
    /// some records after the number are not kept.
    /// </summary>
    public bool TryRead(long after, int limit, out ImmutableArray<T> page)
    {
        page = [];
        if (after < After)
            return false;
        if (after >= Last)
            return true;
        var from = IndexAfter(after);
        page = [.. records.GetRange(from, Math.Min(limit, records.Count - from))];
        return true;
    }

    private int IndexAfter(long number)
    {
        var (low, high) = (dropped, records.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (numberOf(records[middle]) > number)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
