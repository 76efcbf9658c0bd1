namespace OrleansTasks.Client.Feed;

/// <summary>
/// Wakes one waiting request. A signal set before the wait ends the wait at once; setting it twice has no further
/// effect.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class Signal(TimeProvider time)
{
    private readonly Lock gate = new();
    private TaskCompletionSource<bool>? waiter;
    private bool isSet;

    /// <summary>Wakes the waiting request or, if there is none, the next one.</summary>
    public void Set()
    {
        lock (gate)
        {
            // If the current wait has just timed out, keep the signal for the next wait.
            isSet = waiter is null || !waiter.TrySetResult(true);
            waiter = null;
        }
    }

    /// <summary>Waits for the signal; returns false if the time is over. Only one caller may wait at a time.</summary>
    public async Task<bool> Wait(TimeSpan longest, CancellationToken cancellation)
    {
        TaskCompletionSource<bool> mine;
        lock (gate)
        {
            if (isSet)
            {
                isSet = false;
                return true;
            }

            waiter = mine = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        // Task.WaitAsync would continue on the thread pool, but the waiting code must stay on its own scheduler.
        using var timer = time.CreateTimer(
            static mine => ((TaskCompletionSource<bool>)mine!).TrySetResult(false), mine, longest,
            Timeout.InfiniteTimeSpan);
        using var registration = cancellation.UnsafeRegister(
            static (mine, token) => ((TaskCompletionSource<bool>)mine!).TrySetCanceled(token), mine);
        try
        {
            return await mine.Task;
        }
        finally
        {
            lock (gate)
            {
                if (waiter == mine)
                    waiter = null;
            }
        }
    }
}
