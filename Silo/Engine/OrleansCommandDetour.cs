namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Bypasses a queue that does not accept commands at once. Its silo may have died, and until Orleans notices, calls to
/// it get no answer. A queue that is merely slow may deliver the same commands as well, which is harmless.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class OrleansCommandDetour(TimeProvider time)
{
    /// <summary>How long a queue may take to accept an item.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>How long everything bypasses a queue that did not accept an item.</summary>
    public static readonly TimeSpan Avoided = TimeSpan.FromSeconds(2);

    // The timestamp since which the queue is bypassed; 0 if it is not.
    private long avoidedAt;

    /// <summary>Puts an item into the queue, or sends it directly.</summary>
    /// <param name="put">Puts the item into the queue; returns false if the queue is full.</param>
    /// <param name="pass">Sends the item directly to the node's grain.</param>
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
