using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// The times that a queue's waiting tasks wait for: <see cref="TaskSlot.DueAt"/> of a scheduled task (its <c>runAt</c>,
/// or the end of a debounce or backoff), and <see cref="TaskSlot.ExpiresAt"/> of a task without an attempt.
/// <see cref="DueTasks"/> takes those that have come. Times are Unix milliseconds of the wall clock.
/// </summary>
/// <remarks>
/// An entry is a hint: it stays when its task changes or leaves, so the caller compares the task's own times. Since a
/// slot can be reused, an entry also has the task's order. A task may have several due entries, but never two for its
/// expiry. If there are many, <see cref="TimeWatch{T}"/> drops those for which <see cref="Applies"/> returns false.
/// </remarks>
internal sealed class TaskTimes
{
    private readonly TaskTable tasks;
    private readonly TimeWatch<Entry> watch;

    public TaskTimes(TaskTable tasks)
    {
        this.tasks = tasks;
        watch = new TimeWatch<Entry>(Applies);
    }

    public long Next => watch.Next;

    /// <summary>
    /// Adds entries for the times that matter to a task now: call it when the task becomes scheduled or queued, and
    /// when its <see cref="TaskSlot.DueAt"/> changes. A task with an attempt cannot expire.
    /// </summary>
    public void Watch(ref TaskSlot task, int slot)
    {
        if (task.State == TaskState.Scheduled && task.DueAt != TaskSlot.Never)
            watch.Add(new Entry(slot, task.Order, IsExpiry: false), task.DueAt);
        if (task.ExpiresAt == 0 || task.Attempt > 0 || task.ExpiryIsWatched)
            return;
        task.ExpiryIsWatched = true;
        watch.Add(new Entry(slot, task.Order, IsExpiry: true), task.ExpiresAt);
    }

    /// <summary>Makes <see cref="DueTasks"/> take a scheduled task at a time at which it may not be due yet.</summary>
    public void Look(ref TaskSlot task, int slot, long at) =>
        watch.Add(new Entry(slot, task.Order, IsExpiry: false), at);

    /// <summary>
    /// Takes the slot of a task that may be due or expired. It may be neither, if a node holds it; if that node gives
    /// the first attempt back before its start, <see cref="Watch"/> adds the expiry again.
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

    /// <summary>Shortens backoffs that a clock step made longer than their policies allow.</summary>
    public void ClockStepped(long now)
    {
        foreach (var slot in tasks.Slots)
        {
            ref var task = ref tasks[slot];
            if (task.State != TaskState.Scheduled || task.Attempt == 0 || task.IsHeld
                || task.DueAt <= now + task.Policy.MaxBackoff)
                continue;
            task.DueAt = now + task.Policy.MaxBackoff;
            Watch(ref task, slot);
        }
    }

    private bool Applies(Entry entry)
    {
        ref var task = ref tasks[entry.Slot];
        return task.No != 0 && task.Order == entry.Order && (entry.IsExpiry || task.State == TaskState.Scheduled);
    }

    private readonly record struct Entry(int Slot, long Order, bool IsExpiry);
}
