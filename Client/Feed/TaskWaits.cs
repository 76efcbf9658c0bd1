using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Feed;

/// <summary>Waits for tasks to end, woken by the feed. No call waits inside a grain.</summary>
/// <param name="grains">Reads tasks.</param>
/// <param name="hub">Reports transitions.</param>
/// <param name="lifetime">Ends waits when the service stops.</param>
/// <param name="time">The clock.</param>
public sealed class TaskWaits(GatewayGrains grains, FeedHub hub, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>The maximum wait of one request.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>How often a task is read again without a signal, in case one was lost.</summary>
    public static readonly TimeSpan SafetyPeriod = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Returns the task when it has ended, or its current state when the wait is over or the service stops; null if it
    /// does not exist.
    /// </summary>
    public async Task<TaskRecord?> Ended(TaskId id, TimeSpan wait, CancellationToken aborted)
    {
        var task = await grains.Tasks.Get(id);
        if (task is null || task.State.IsFinal() || wait <= TimeSpan.Zero)
            return task;
        var began = time.GetTimestamp();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        using var watch = await Watch(task);
        while (true)
        {
            var left = wait - time.GetElapsedTime(began);
            try
            {
                task = await grains.Tasks.Get(id);
            }
            catch (Exception fault) when (Faults.IsPassing(fault) && left > TimeSpan.Zero)
            {
                // There is time left to try again.
            }

            if (task is null || task.State.IsFinal() || left <= TimeSpan.Zero
                || lifetime.ApplicationStopping.IsCancellationRequested)
                return task;
            try
            {
                await watch.Changed(left < SafetyPeriod ? left : SafetyPeriod, ends.Token);
            }
            catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
            {
                // The service stops; the loop returns the task in its current state.
            }
        }
    }

    /// <summary>
    /// Starts to watch a task's transitions. Read the task after this call, not before, so that none is missed.
    /// </summary>
    internal async Task<TaskWatch> Watch(TaskRecord task)
    {
        var feed = hub.Of(task.Queue);
        var watch = new TaskWatch(feed, task.Id, hub.NewSignal());
        await hub.Subscribe(feed);
        return watch;
    }
}
