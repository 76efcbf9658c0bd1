namespace OrleansTasks.Client.Feed;

/// <summary>Reads something again whenever its queue commits, until it has ended or the wait is over.</summary>
/// <param name="hub">Reports commits.</param>
/// <param name="lifetime">Ends waits when the service stops.</param>
/// <param name="time">The clock.</param>
public sealed class CommitWaits(FeedHub hub, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// The pause after a read, as a multiple of its duration, so that a waiting call reads for at most a fifth of the
    /// time.
    /// </summary>
    private const int PauseFactor = 4;

    /// <summary>
    /// Returns the state that was read when it is final, or the current one when the wait is over or the service stops.
    /// </summary>
    /// <param name="queue">The queue whose commits change it.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="hasEnded">Returns whether what was read will not change any more.</param>
    /// <param name="wait">How long to wait.</param>
    /// <param name="aborted">Cancelled if the caller disconnects.</param>
    internal async Task<T> Until<T>(
        string queue, Func<Task<T>> read, Func<T, bool> hasEnded, TimeSpan wait, CancellationToken aborted)
    {
        var began = time.GetTimestamp();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        var feed = hub.Of(queue);
        var signal = hub.NewSignal();
        // Listen, subscribe, then read: every commit is either in what is read or sets the signal after it.
        feed.Listen(signal);
        try
        {
            await hub.Subscribe(feed);
            return await Poll(read, hasEnded, signal, () => wait - time.GetElapsedTime(began), ends.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return await read();
        }
        finally
        {
            feed.Unlisten(signal);
        }
    }

    /// <summary>Reads whenever the signal is set, until the result has ended or the wait is over.</summary>
    private async Task<T> Poll<T>(
        Func<Task<T>> read, Func<T, bool> hasEnded, Signal signal, Func<TimeSpan> timeLeft,
        CancellationToken cancellation)
    {
        while (true)
        {
            var asked = time.GetTimestamp();
            try
            {
                var found = await read();
                if (hasEnded(found) || timeLeft() <= TimeSpan.Zero)
                    return found;
            }
            catch (Exception fault) when (Faults.IsPassing(fault) && timeLeft() > TimeSpan.Zero)
            {
                // There is time left to try again.
            }

            // Pause, so that the waiting calls of a busy queue do not read all the time.
            var pause = TimeSpan.FromTicks(Math.Max(LeastPause.Ticks, time.GetElapsedTime(asked).Ticks * PauseFactor));
            var left = timeLeft();
            if (left > TimeSpan.Zero)
                await Task.Delay(pause < left ? pause : left, time, cancellation);
            left = timeLeft();
            if (left > TimeSpan.Zero)
                await signal.Wait(left < TaskWaits.SafetyPeriod ? left : TaskWaits.SafetyPeriod, cancellation);
        }
    }
}
