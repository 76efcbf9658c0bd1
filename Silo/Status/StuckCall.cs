namespace OrleansTasks.Silo.Status;

/// <summary>Finds out whether a call that should be quick ever ends, by one call at a time.</summary>
/// <param name="call">Makes the call. Its failure is an answer, too.</param>
/// <param name="time">Measures the wait.</param>
internal sealed class StuckCall(Func<Task> call, TimeProvider time)
{
    /// <summary>A call that has no answer for so long never gets one.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private Task pending = Task.CompletedTask;
    private long began;

    /// <summary>
    /// Calls, and waits for the answer for a second. Returns how long the call under way has had no answer, if that is
    /// <see cref="Longest"/> or more; else null. While a call is under way, no other is made.
    /// </summary>
    public async Task<TimeSpan?> Find(CancellationToken cancellation)
    {
        Task waited;
        long since;
        lock (gate)
        {
            if (pending.IsCompleted)
                (pending, began) = (call(), time.GetTimestamp());
            (waited, since) = (pending, began);
        }

        await waited.WaitAsync(AnswerLimit, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var silent = time.GetElapsedTime(since);
        return !waited.IsCompleted && silent >= Longest ? silent : null;
    }
}
