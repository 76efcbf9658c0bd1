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

    /// <summary>Whether every task of the counts has ended.</summary>
    public static bool HasEnded(TaskSummary summary) => summary.ByState.All(state => state.Key.IsFinal());

    /// <summary>
    /// The counts of a batch as soon as all of it has ended, or as they are when the wait is over; null when there is
    /// none.
    /// </summary>
    public async Task<TaskSummary?> Ended(TaskId batch, TimeSpan wait, CancellationToken aborted)
    {
        var filter = TaskFilter.All with { Batch = batch };
        var summary = await grains.Tasks.Summarize(filter);
        if (summary.Total == 0)
            return null;
        if (HasEnded(summary) || wait <= TimeSpan.Zero
            || await grains.Tasks.Match(filter, null, 1) is not [var first, ..])
            return summary;
        var until = time.GetUtcNow() + wait;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        var feed = hub.Of(first.Partition);
        var signal = hub.NewSignal();
        feed.Listen(signal);
        try
        {
            await hub.Subscribe(feed);
            return await Ended(filter, signal, until, ends.Token);
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

    private async Task<TaskSummary> Ended(TaskFilter filter, Signal signal, DateTimeOffset until,
        CancellationToken cancellation)
    {
        while (true)
        {
            var asked = time.GetTimestamp();
            var summary = await Count(filter, until);
            var left = until - time.GetUtcNow();
            if (summary is not null && (HasEnded(summary) || left <= TimeSpan.Zero))
                return summary;
            // Counting a large batch takes time; a busy queue must not make its waiters count all the time.
            var pause = TimeSpan.FromTicks(Math.Max(LeastPause.Ticks, time.GetElapsedTime(asked).Ticks * 4));
            await Task.Delay(pause < left ? pause : left, time, cancellation);
            left = until - time.GetUtcNow();
            if (left > TimeSpan.Zero)
                await signal.Wait(left < TaskWaits.SafetyPeriod ? left : TaskWaits.SafetyPeriod, cancellation);
        }
    }

    /// <summary>The counts; null when they could not be read, and there is time left to ask again.</summary>
    private async Task<TaskSummary?> Count(TaskFilter filter, DateTimeOffset until)
    {
        try
        {
            return await grains.Tasks.Summarize(filter);
        }
        catch (Exception fault) when (Faults.IsPassing(fault) && time.GetUtcNow() < until)
        {
            return null;
        }
    }
}
