using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Jobs;

/// <summary>Waits for jobs to end, woken by the feed of their queue. No call waits inside a grain.</summary>
/// <param name="grains">Reads jobs.</param>
/// <param name="hub">Reports transitions.</param>
/// <param name="lifetime">Ends waits when the service stops.</param>
/// <param name="time">The clock.</param>
public sealed class JobWaits(GatewayGrains grains, FeedHub hub, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>
    /// Returns the job when it has ended, or its current state when the wait is over or the service stops; null if it
    /// does not exist. Makes room for each read, because a job's aggregates and failures may have megabytes, and
    /// keeps that of the last one, but nothing while it waits.
    /// </summary>
    /// <param name="id">The job.</param>
    /// <param name="wait">The maximum wait.</param>
    /// <param name="makeRoom">Makes room for a read.</param>
    /// <param name="aborted">Cancelled if the caller disconnects.</param>
    public async Task<JobView?> Ended(
        TaskId id, TimeSpan wait, Func<Task<IDisposable>> makeRoom, CancellationToken aborted)
    {
        var (found, queue) = await Look(makeRoom, id, isOver: wait <= TimeSpan.Zero);
        if (queue is null)
            return found;
        var began = time.GetTimestamp();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        var feed = hub.Of(queue);
        using var watch = new TaskWatch(feed, id, hub.NewSignal());
        await hub.Subscribe(feed);
        while (true)
        {
            var left = wait - time.GetElapsedTime(began);
            // Delays count whole milliseconds: a shorter one would end at once, and the loop would spin.
            var isOver = left < TimeSpan.FromMilliseconds(1) || lifetime.ApplicationStopping.IsCancellationRequested;
            try
            {
                (found, queue) = await Look(makeRoom, id, isOver);
                if (queue is null)
                    return found;
            }
            catch (Exception fault) when (Faults.IsPassing(fault) && !isOver)
            {
                // There is time left to try again.
            }

            try
            {
                await watch.Changed(left < TaskWaits.SafetyPeriod ? left : TaskWaits.SafetyPeriod, ends.Token);
            }
            catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
            {
                // The service stops; the loop returns the job in its current state.
            }
        }
    }

    // Returns the job with which the wait ends, which may be none, or else its queue alone.
    private async Task<(JobView? Job, string? Queue)> Look(Func<Task<IDisposable>> makeRoom, TaskId id, bool isOver)
    {
        var room = await makeRoom();
        var job = await grains.Jobs.Get(id);
        if (job is null || job.State.IsFinal() || isOver)
            return (job, null);
        room.Dispose();
        return (null, job.Queue);
    }
}
