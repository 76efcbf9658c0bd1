using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Feed;

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
