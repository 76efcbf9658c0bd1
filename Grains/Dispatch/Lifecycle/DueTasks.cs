using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>Queues scheduled tasks when their time comes, and expires tasks that were not started in time.</summary>
internal sealed class DueTasks(OpenTasks tasks, TaskEnding ending, Releases releases, RoundBounds bounds) : IDispatchModule
{
    /// <inheritdoc/>
    public long Next => tasks.Times.Next;

    /// <inheritdoc/>
    public void Tick(long now, CommitDraft draft)
    {
        for (var left = bounds.DueTasks; left > 0 && tasks.Times.TryTake(now, out var slot); left--)
            TimeCame(slot, now, draft);
    }

    /// <inheritdoc/>
    public void ClockStepped(long by, long now) => tasks.ClockStepped(by, now);

    // The task's own times decide: a later one may have replaced the watched time.
    private void TimeCame(int slot, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        // Once the items of a node with forEach have begun, their own times count.
        if (task.IsForEach && releases.HasBegun(task.Id))
            return;
        if (task.Attempt == 0 && task.ExpiresAt != 0 && task.ExpiresAt <= now)
            ending.End(slot, new TaskEnd(TaskTrigger.Expire, EndReason.Expired), now, draft);
        else if (task.State == TaskState.Scheduled && task.DueAt <= now
            && (!task.IsHeld || tasks.Dependencies.VerdictOf(task.Id) == DependencyVerdict.Free))
            releases.Queue(slot, TaskTrigger.BecomeDue, now, draft);
        // The task was debounced again after its time was watched, or the clock was set back.
        else if (task is { IsUnique: true, State: TaskState.Scheduled } && task.DueAt > now)
            tasks.WatchAgain(slot, now, draft);
    }
}
