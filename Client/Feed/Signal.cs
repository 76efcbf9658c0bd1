namespace OrleansTasks.Client.Feed;

/// <summary>
/// Wakes one waiting request. Setting it before it is waited for is kept; setting it twice is the same as once.
/// </summary>
/// <param name="time">Limits a wait.</param>
internal sealed class Signal(TimeProvider time)
{
    private readonly Lock gate = new();
    private TaskCompletionSource? waiter;
    private bool isSet;

    /// <summary>Wakes the waiter, or the next one at once.</summary>
    public void Set()
    {
        TaskCompletionSource? woken;
        lock (gate)
        {
            woken = waiter;
            waiter = null;
            isSet = woken is null;
        }

        woken?.TrySetResult();
    }

    /// <summary>Waits for the signal or for the time; false when the time is over. One waits at a time.</summary>
    public async Task<bool> Wait(TimeSpan longest, CancellationToken cancellation)
    {
        TaskCompletionSource mine;
        lock (gate)
        {
            if (isSet)
            {
                isSet = false;
                return true;
            }

            waiter = mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        try
        {
            await mine.Task.WaitAsync(longest, time, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
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
