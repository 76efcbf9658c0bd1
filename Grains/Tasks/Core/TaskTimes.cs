namespace OrleansTasks.Tasks;

/// <summary>
/// When scheduled tasks become due and when tasks that have not started expire. An entry is a hint: it counts only if
/// it still applies when its time comes.
/// </summary>
internal sealed class TaskTimes
{
    private readonly TaskTable tasks;
    private readonly TimeWatch<Entry> watch;

    public TaskTimes(TaskTable tasks)
    {
        this.tasks = tasks;
        watch = new TimeWatch<Entry>(Applies);
    }

    /// <summary>
    /// The earliest time at which something may happen; <see cref="long.MaxValue"/> when nothing will.
    /// </summary>
    public long Next => watch.Next;

    /// <summary>
    /// Watches the times that a task has in its present state; called after every change of the state or of the times.
    /// </summary>
    public void Watch(ref TaskSlot task, int slot)
    {
        if (task.State == TaskState.Scheduled)
            watch.Add(new Entry(slot, task.Order, IsExpiry: false), task.DueAt);
        if (task.ExpiresAt == 0 || task.Attempt > 0 || task.ExpiryIsWatched)
            return;
        task.ExpiryIsWatched = true;
        watch.Add(new Entry(slot, task.Order, IsExpiry: true), task.ExpiresAt);
    }

    /// <summary>Takes a slot whose task may have become due or have expired by now.</summary>
    public bool TryTake(long now, out int slot)
    {
        while (watch.TryTake(now, out var entry))
        {
            slot = entry.Slot;
            if (!Applies(entry))
                continue;
            if (entry.IsExpiry)
                tasks[slot].ExpiryIsWatched = false;
            return true;
        }

        slot = -1;
        return false;
    }

    private bool Applies(Entry entry)
    {
        ref var task = ref tasks[entry.Slot];
        return task.No != 0 && task.Order == entry.Order && (entry.IsExpiry || task.State == TaskState.Scheduled);
    }

    private readonly record struct Entry(int Slot, long Order, bool IsExpiry);
}
