using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// Mints the ids of what occurrences start, as <see cref="TaskIdSource"/> does for gateways: in rising order, and by
/// the time of the round, not of the occurrence, so that a backfill's tasks are the newest of every list.
/// </summary>
/// <param name="random">The random bits.</param>
internal sealed class OccurrenceIds(IRandomness random)
{
    private const int CounterBits = 26;
    private long lastMillisecond;
    private int counter;

    /// <summary>Mints the next id.</summary>
    /// <param name="now">The time in Unix milliseconds.</param>
    public TaskId Next(long now)
    {
        if (now > lastMillisecond)
            (lastMillisecond, counter) = (now, (int)(random.NextBits() >> (64 - CounterBits + 4)));
        else if (++counter == 1 << CounterBits)
            (lastMillisecond, counter) = (lastMillisecond + 1, 0);
        var high = ((ulong)lastMillisecond << 16) | 0x7000 | ((ulong)counter >> 14);
        var low = (0b10UL << 62) | (((ulong)counter & 0x3fff) << 48) | (random.NextBits() >> 16);
        return new TaskId(high, low);
    }
}
