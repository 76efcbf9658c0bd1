using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// The times that waiting tasks of a queue wait for: <see cref="TaskSlot.DueAt"/> of a scheduled task (its
/// <c>runAt</c> or the end of a backoff), and <see cref="TaskSlot.ExpiresAt"/> of a task without an attempt.
/// <see cref="OpenTasks"/> adds them; <see cref="DispatchCore.Tick"/> takes those that have come, round by round, and
/// queues or expires the tasks.
/// Times are Unix milliseconds of the wall clock.
/// </summary>
/// <remarks>
/// An entry is a hint, since it stays when its task changes or leaves: the caller compares the task's own times.
/// A slot of the table can be reused, so an entry also keeps the task's order, which no other open task has.
/// A task may have several due entries, but never two expiry entries. When there are many entries,
/// <see cref="TimeWatch{T}"/> drops those to which <see cref="Applies"/> says no.
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

    /// <summary>The earliest time of an entry, stale or not; <see cref="long.MaxValue"/> when there is none.</summary>
    public long Next => watch.Next;

    /// <summary>
    /// Adds entries for the times that matter to a task now. Called whenever a task becomes scheduled or queued, and
    /// after a change of its <see cref="TaskSlot.DueAt"/>. A task that has an attempt cannot expire and gets no
    /// expiry entry.
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

    /// <summary>
    /// Takes the slot of a task that may be due or expired at <paramref name="now"/>; false when no further time has
    /// come. The task may be neither; a node may hold it, for example. If that node gives the first attempt back before
    /// its start, the task has no attempt again, and <see cref="Watch"/> adds the expiry once more.
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

    /// <summary>
    /// The wall clock was set to <paramref name="now"/>: cuts each backoff that has become longer than its policy
    /// allows. The times are times of day, and stay otherwise.
    /// </summary>
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

    /// <summary>Whether the slot still holds the entry's task, and the time may still matter to the task.</summary>
    private bool Applies(Entry entry)
    {
        ref var task = ref tasks[entry.Slot];
        return task.No != 0 && task.Order == entry.Order && (entry.IsExpiry || task.State == TaskState.Scheduled);
    }

    private readonly record struct Entry(int Slot, long Order, bool IsExpiry);
}
