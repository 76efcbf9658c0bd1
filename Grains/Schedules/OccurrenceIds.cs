using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// Creates the ids of what occurrences start, like <see cref="TaskIdSource"/> does for gateways: in rising order, and
/// by the time of the round, not of the occurrence, so that a backfill's tasks are the newest in every list.
/// </summary>
internal sealed class OccurrenceIds(IRandomness random)
{
    private long lastMillisecond;
    private int counter;

    /// <summary>Returns the next id; <paramref name="now"/> is in Unix milliseconds.</summary>
    public TaskId Next(long now)
    {
        // The counter begins each millisecond at 22 random bits, far from its overflow at 26 bits.
        if (now > lastMillisecond)
            (lastMillisecond, counter) = (now, (int)(random.NextBits() >> (64 - TaskId.CounterBits + 4)));
        else if (++counter == 1 << TaskId.CounterBits)
            (lastMillisecond, counter) = (lastMillisecond + 1, 0);
        return TaskId.Of(lastMillisecond, counter, random.NextBits() >> 16);
    }
}
