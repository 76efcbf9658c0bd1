using OrleansTasks.Client.Tasks;
using OrleansTasks.Storage;
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
    /// does not exist. While there is time left, a read that failed because a silo died is tried again, as is one that
    /// failed for want of the store after an earlier one succeeded. Makes room for each read, because a task's spec may
    /// have a megabyte, and holds none while it waits.
    /// </summary>
    /// <param name="id">The task.</param>
    /// <param name="wait">The maximum wait.</param>
    /// <param name="makeRoom">
    /// Makes room for a read, in place of what this call held before; null if none is needed. The response releases the
    /// room of the last read when it is complete (<see cref="Http.AnswerBudget"/>).
    /// </param>
    /// <param name="aborted">Cancelled if the caller disconnects.</param>
    public async Task<TaskRecord?> Ended(
        TaskId id, TimeSpan wait, Func<Task<IDisposable>>? makeRoom, CancellationToken aborted)
    {
        var began = time.GetTimestamp();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        var isKnown = false;
        TaskWatch? watch = null;
        try
        {
            while (true)
            {
                var left = wait - time.GetElapsedTime(began);
                // Delays count whole milliseconds: a shorter one would end at once, and the loop would spin.
                var isOver = left < TimeSpan.FromMilliseconds(1)
                    || lifetime.ApplicationStopping.IsCancellationRequested;
                try
                {
                    var room = makeRoom is null ? null : await makeRoom();
                    var task = await grains.Tasks.Get(id);
                    if (task is null || task.State.IsFinal() || isOver)
                        return task;
                    room?.Dispose();
                    isKnown = true;
                    if (watch is null)
                    {
                        // Read again: the task may have ended before the subscription.
                        watch = await Watch(task);
                        continue;
                    }
                }
                catch (Exception fault) when (
                    Faults.IsPassing(fault) && !isOver && (isKnown || fault is not StoreUnavailableException))
                {
                    // There is time left to try again.
                }

                try
                {
                    left = left < SafetyPeriod ? left : SafetyPeriod;
                    await (watch?.Changed(left, ends.Token) ?? Task.Delay(left, time, ends.Token));
                }
                catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
                {
                    // The service stops; the loop returns the task in its current state.
                }
            }
        }
        finally
        {
            watch?.Dispose();
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

/// <summary>One request's interest in one task. Dispose it to end the interest.</summary>
internal sealed class TaskWatch : IDisposable
{
    private readonly QueueFeed feed;
    private readonly TaskId task;
    private readonly Signal signal;

    public TaskWatch(QueueFeed feed, TaskId task, Signal signal)
    {
        (this.feed, this.task, this.signal) = (feed, task, signal);
        feed.Watch(task, signal);
    }

    /// <summary>Waits for a transition; returns false if the time is over.</summary>
    public Task<bool> Changed(TimeSpan longest, CancellationToken cancellation) => signal.Wait(longest, cancellation);

    /// <inheritdoc/>
    public void Dispose() => feed.Unwatch(task, signal);
}
