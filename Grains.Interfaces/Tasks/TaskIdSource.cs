namespace OrleansTasks.Tasks;

/// <summary>
/// Generates task ids in ascending order, even when the clock is frozen or steps back by up to <see cref="LongestLead"/>.
/// After a larger step back, ids follow the clock, because they state when their tasks were created. Thread-safe.
/// </summary>
/// <param name="time">The clock for the millisecond of an id.</param>
/// <param name="random">
/// The source of random bits, used under a lock: a <see cref="SecureRandom"/>, except in tests.
/// </param>
public sealed class TaskIdSource(TimeProvider time, Random random)
{
    private const int CounterBits = 26;

    /// <summary>How far, in milliseconds, ids may be ahead of the clock. Their random bits keep them unique in any case.</summary>
    internal const long LongestLead = 1_000;

    private readonly Lock gate = new();
    private long lastMillisecond;
    private int counter;

    /// <summary>Generates the next id.</summary>
    public TaskId Next()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (gate)
        {
            if (now > lastMillisecond || now < lastMillisecond - LongestLead)
            {
                lastMillisecond = now;
                // A random start in the lowest sixteenth leaves room for more ids of this millisecond.
                counter = random.Next(1 << (CounterBits - 4));
            }
            else if (++counter == 1 << CounterBits)
            {
                // The counter is exhausted: borrow the next millisecond.
                lastMillisecond++;
                counter = 0;
            }

            // 0x7000 is the UUID version, and 0b10 the variant.
            var high = ((ulong)lastMillisecond << 16) | 0x7000 | ((ulong)counter >> 14);
            var low = (0b10UL << 62) | (((ulong)counter & 0x3fff) << 48) | (ulong)random.NextInt64(1L << 48);
            return new TaskId(high, low);
        }
    }
}
