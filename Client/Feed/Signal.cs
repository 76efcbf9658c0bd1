namespace OrleansTasks.Client.Feed;

/// <summary>
/// Wakes one waiting request. Setting it before it is waited for is kept; setting it twice is the same as once.
/// </summary>
/// <param name="time">Limits a wait.</param>
internal sealed class Signal(TimeProvider time)
{
    private readonly Lock gate = new();
    private TaskCompletionSource<bool>? waiter;
    private bool isSet;

    /// <summary>Wakes the waiter, or the next one at once.</summary>
    public void Set()
    {
        lock (gate)
        {
            // A waiter whose time has just run out is not woken any more: the next one is.
            isSet = waiter is null || !waiter.TrySetResult(true);
            waiter = null;
        }
    }

    /// <summary>Waits for the signal or for the time; false when the time is over. One waits at a time.</summary>
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

        // Not Task.WaitAsync: what waits must come back to its own scheduler, by no way over the pool.
        using var timer = time.CreateTimer(
            static mine => ((TaskCompletionSource<bool>)mine!).TrySetResult(false), mine, longest, Timeout.InfiniteTimeSpan);
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
