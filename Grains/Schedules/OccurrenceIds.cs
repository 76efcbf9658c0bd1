using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// Creates the ids of what occurrences start, like <see cref="TaskIdSource"/> does for gateways: in rising order, and
/// by the time of the round, not of the occurrence, so that a backfill's tasks are the newest in every list.
/// </summary>
internal sealed class OccurrenceIds(IRandomness random)
{
    private const int CounterBits = 26;
    private long lastMillisecond;
    private int counter;

    /// <summary>Returns the next id; <paramref name="now"/> is in Unix milliseconds.</summary>
    public TaskId Next(long now)
    {
        // A UUID of version 7 whose counter begins each millisecond at 22 random bits, far from its overflow at 26
        // bits.
        if (now > lastMillisecond)
            (lastMillisecond, counter) = (now, (int)(random.NextBits() >> (64 - CounterBits + 4)));
        else if (++counter == 1 << CounterBits)
            (lastMillisecond, counter) = (lastMillisecond + 1, 0);
        var high = ((ulong)lastMillisecond << 16) | 0x7000 | ((ulong)counter >> 14);
        var low = (0b10UL << 62) | (((ulong)counter & 0x3fff) << 48) | (random.NextBits() >> 16);
        return new TaskId(high, low);
    }
}
