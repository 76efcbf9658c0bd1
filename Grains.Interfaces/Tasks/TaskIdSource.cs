namespace OrleansTasks.Tasks;

/// <summary>
/// Mints task ids in rising order, also when the clock stands still or steps back. Safe for use from many threads.
/// </summary>
/// <param name="time">Gives the millisecond of an id.</param>
/// <param name="random">Gives the random bits, used under a lock: a <see cref="SecureRandom"/>, but in tests and simulations.</param>
public sealed class TaskIdSource(TimeProvider time, Random random)
{
    private const int CounterBits = 26;
    private readonly Lock gate = new();
    private long lastMillisecond;
    private int counter;

    /// <summary>Mints the next id.</summary>
    public TaskId Next()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (gate)
        {
            if (now > lastMillisecond)
            {
                lastMillisecond = now;
                counter = random.Next(1 << (CounterBits - 4));
            }
            else if (++counter == 1 << CounterBits)
            {
                lastMillisecond++;
                counter = 0;
            }

            var high = ((ulong)lastMillisecond << 16) | 0x7000 | ((ulong)counter >> 14);
            var low = (0b10UL << 62) | (((ulong)counter & 0x3fff) << 48) | (ulong)random.NextInt64(1L << 48);
            return new TaskId(high, low);
        }
    }
}
