namespace OrleansTasks.Silo.Status;

/// <summary>Detects whether a call that should be quick never ends. Makes one call at a time.</summary>
/// <param name="call">Makes the call. A failure counts as an answer.</param>
/// <param name="time">The clock.</param>
internal sealed class StuckCall(Func<Task> call, TimeProvider time)
{
    /// <summary>How long a call must be unanswered to count as stuck.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private Task pending = Task.CompletedTask;
    private long began;

    /// <summary>
    /// Makes the call unless one is pending, and waits up to a second for the answer. Returns how long the call has
    /// been unanswered if that is at least <see cref="Longest"/>; otherwise null.
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
