using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Feed;

/// <summary>Counts batches, and waits for all of one to end.</summary>
/// <param name="grains">Counts.</param>
/// <param name="hub">Tells of commits.</param>
/// <param name="lifetime">Ends waits when the service stops.</param>
/// <param name="time">The clock.</param>
public sealed class BatchWaits(GatewayGrains grains, FeedHub hub, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// A pause is this many times as long as the count before it, so that a waiter counts for at most a fifth of the
    /// time.
    /// </summary>
    private const int PauseFactor = 4;

    /// <summary>Whether every task of the counts has ended.</summary>
    public static bool HasEnded(TaskSummary summary) => summary.ByState.All(state => state.Key.IsFinal());

    /// <summary>
    /// Returns the counts of a batch as soon as all its tasks have ended, or as they are when the wait is over; null
    /// when there is no such batch.
    /// </summary>
    public async Task<TaskSummary?> WaitUntilEnded(TaskId batch, TimeSpan wait, CancellationToken aborted)
    {
        var filter = TaskFilter.All with { Batch = batch };
        var summary = await grains.Tasks.Summarize(filter);
        if (summary.Total == 0)
            return null;
        if (HasEnded(summary) || wait <= TimeSpan.Zero
            || await grains.Tasks.Match(filter, null, 1) is not [var first, ..])
            return summary;
        var began = time.GetTimestamp();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        var feed = hub.Of(first.Partition);
        var signal = hub.NewSignal();
        // Listen, subscribe, then count: every commit is either in the count or sets the signal after it.
        feed.Listen(signal);
        try
        {
            await hub.Subscribe(feed);
            return await Poll(filter, signal, began, wait, ends.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return await grains.Tasks.Summarize(filter);
        }
        finally
        {
            feed.Unlisten(signal);
        }
    }

    /// <summary>Counts whenever the signal is set, until all tasks have ended or the wait is over.</summary>
    private async Task<TaskSummary> Poll(
        TaskFilter filter, Signal signal, long began, TimeSpan wait, CancellationToken cancellation)
    {
        while (true)
        {
            var asked = time.GetTimestamp();
            var summary = await Count(filter, began, wait);
            var left = Left(began, wait);
            if (summary is not null && (HasEnded(summary) || left <= TimeSpan.Zero))
                return summary;
            // Counting a large batch takes time; a busy queue must not make its waiters count all the time.
            var pause = TimeSpan.FromTicks(Math.Max(LeastPause.Ticks, time.GetElapsedTime(asked).Ticks * PauseFactor));
            if (left > TimeSpan.Zero)
                await Task.Delay(pause < left ? pause : left, time, cancellation);
            left = Left(began, wait);
            if (left > TimeSpan.Zero)
                await signal.Wait(left < TaskWaits.SafetyPeriod ? left : TaskWaits.SafetyPeriod, cancellation);
        }
    }

    /// <summary>The counts; null when they could not be read and there was time left to ask again.</summary>
    private async Task<TaskSummary?> Count(TaskFilter filter, long began, TimeSpan wait)
    {
        try
        {
            return await grains.Tasks.Summarize(filter);
        }
        catch (Exception fault) when (Faults.IsPassing(fault) && Left(began, wait) > TimeSpan.Zero)
        {
            return null;
        }
    }

    /// <summary>How much of the wait is left, by the monotonic clock; zero or less when it is over.</summary>
    private TimeSpan Left(long began, TimeSpan wait) => wait - time.GetElapsedTime(began);
}
