namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Sends commands past a queue that does not take them at once: its silo may have died, and until Orleans notices,
/// calls to it have no answer. A queue that is slow may deliver the same commands, too, which does no harm.
/// </summary>
/// <param name="time">Measures waits.</param>
internal sealed class OrleansCommandDetour(TimeProvider time)
{
    /// <summary>How long a queue has to take an item.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>For how long everything goes past a queue that did not take an item.</summary>
    public static readonly TimeSpan Avoided = TimeSpan.FromSeconds(2);

    // By the clock's timestamp; 0: the queue is not avoided.
    private long avoidedAt;

    /// <summary>Puts an item into the queue, or sends it past it.</summary>
    /// <param name="put">Puts it into the queue; false when the queue is full.</param>
    /// <param name="pass">Sends it past the queue.</param>
    public async Task Send(Func<Task<bool>> put, Func<Task> pass)
    {
        if (Volatile.Read(ref avoidedAt) is var since and not 0 && time.GetElapsedTime(since) < Avoided)
        {
            await pass();
            return;
        }

        var taken = put();
        await ((Task)taken).WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (taken.IsCompletedSuccessfully && await taken)
        {
            Volatile.Write(ref avoidedAt, 0);
            return;
        }

        Volatile.Write(ref avoidedAt, time.GetTimestamp());
        await pass();
    }
}
