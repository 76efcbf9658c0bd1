namespace OrleansTasks.Client.Events;

/// <summary>
/// The newest records of a numbered log, in order and without a gap, so that whoever has read up to a record that is still here can read on.
/// Its owner guards it. In memory only.
/// </summary>
/// <param name="most">How much weight is kept at most; the newest record is kept whatever it weighs.</param>
/// <param name="numberOf">A record's number in the log; each is larger than the one before.</param>
/// <param name="weightOf">A record's weight, at least 1.</param>
internal sealed class RecentRecords<T>(int most, Func<T, long> numberOf, Func<T, int> weightOf)
{
    private readonly List<T> records = [];
    private int dropped;
    private int weight;

    /// <summary>What was read after this number is all here; <see cref="long.MaxValue"/> before <see cref="Begin"/>.</summary>
    public long After { get; private set; } = long.MaxValue;

    /// <summary>The number of the newest record, here or dropped; where the log was begun, before the first one.</summary>
    public long Last { get; private set; }

    /// <summary>Whether <see cref="Begin"/> was called, and <see cref="Clear"/> not since then.</summary>
    public bool HasBegun => After != long.MaxValue;

    /// <summary>Forgets what is here: the log goes on after a number.</summary>
    public void Begin(long at)
    {
        Clear();
        After = Last = at;
    }

    /// <summary>Forgets what is here, and where the log is.</summary>
    public void Clear()
    {
        records.Clear();
        (dropped, weight) = (0, 0);
        (After, Last) = (long.MaxValue, 0);
    }

    /// <summary>Adds the record that follows <see cref="Last"/>, and drops the oldest while there is too much.</summary>
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

        // Moved rarely, so that a dropped record costs the same however many there are.
        if (dropped > records.Count / 2)
        {
            records.RemoveRange(0, dropped);
            dropped = 0;
        }
    }

    /// <summary>
    /// At most so many records after a number, none when the reader has them all; false when what follows the number is not all here.
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
