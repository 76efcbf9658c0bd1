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
                counter = random.Next(1 << (TaskId.CounterBits - 4));
            }
            else if (++counter == 1 << TaskId.CounterBits)
            {
                // The counter is exhausted: borrow the next millisecond.
                lastMillisecond++;
                counter = 0;
            }

            return TaskId.Of(lastMillisecond, counter, (ulong)random.NextInt64(1L << 48));
        }
    }
}
