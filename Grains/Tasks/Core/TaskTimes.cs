namespace OrleansTasks.Tasks;

/// <summary>
/// When scheduled tasks become due, and when tasks expire that have had no attempt. An entry is a hint: the caller compares the
/// task's own times when <see cref="TryTake"/> gives a slot. Entries are never removed: the order in an entry tells its task from a later
/// one in the same slot of the table. Times are Unix milliseconds of the wall clock.
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
    /// The earliest time of an entry, which may be stale; <see cref="long.MaxValue"/> when there is none.
    /// </summary>
    public long Next => watch.Next;

    /// <summary>
    /// Watches the times that a task has in its present state. Called whenever a task becomes scheduled or queued, and after its
    /// <see cref="TaskSlot.DueAt"/> has been changed. An expiry is watched until the first attempt, by one entry at a time.
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

    /// <summary>
    /// Takes a slot whose task may have become due or have expired by now; false when no more entries have come. A task that a node holds
    /// is given, too, and its expiry is watched again when the attempt is put back.
    /// </summary>
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

    /// <summary>Whether the slot still holds the entry's task, and the time may still matter to it.</summary>
    private bool Applies(Entry entry)
    {
        ref var task = ref tasks[entry.Slot];
        return task.No != 0 && task.Order == entry.Order && (entry.IsExpiry || task.State == TaskState.Scheduled);
    }

    private readonly record struct Entry(int Slot, long Order, bool IsExpiry);
}
