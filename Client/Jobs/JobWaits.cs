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
    /// does not exist.
    /// </summary>
    public async Task<JobView?> Ended(TaskId id, TimeSpan wait, CancellationToken aborted)
    {
        var job = await grains.Jobs.Get(id);
        if (job is null || job.State.IsFinal() || wait <= TimeSpan.Zero)
            return job;
        var began = time.GetTimestamp();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        var feed = hub.Of(job.Queue);
        using var watch = new TaskWatch(feed, id, hub.NewSignal());
        await hub.Subscribe(feed);
        while (true)
        {
            try
            {
                job = await grains.Jobs.Get(id);
            }
            catch (Exception fault) when (Faults.IsPassing(fault) && time.GetElapsedTime(began) < wait)
            {
                // There is time left to try again.
            }

            var left = wait - time.GetElapsedTime(began);
            if (job is null || job.State.IsFinal() || left <= TimeSpan.Zero || lifetime.ApplicationStopping.IsCancellationRequested)
                return job;
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
}
