using OrleansTasks.Storage;
using OrleansTasks.Workflows;

namespace OrleansTasks.Tasks;

/// <summary>
/// Has scheduled tasks move on: queued when their time has come and what they wait for has ended, skipped when that can
/// no longer happen, expired. <see cref="DispatchCore"/> calls it once a round. Also tells the graph
/// (<see cref="Dependencies"/>) what recovery reads of ended tasks. Times are Unix milliseconds.
/// </summary>
internal sealed class Releases(OpenTasks tasks, TaskEnding ending, ItemNodes items, NodeJobs jobs)
{
    /// <summary>Queues and skips tasks that wait for others no more, up to <paramref name="most"/>.</summary>
    public void Tick(int most, long now, CommitDraft draft)
    {
        for (var left = most; left > 0 && tasks.Dependencies.TryTake(out var id, out var verdict); left--)
            Decide(id, verdict, now, draft);
    }

    /// <summary>Expires or queues a task whose time may have come; does nothing if it has not.</summary>
    public void TimeCame(int slot, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        // Its items have their own times.
        if (task.IsForEach && items.IsBegun(task.Id))
            return;
        if (task.Attempt == 0 && task.ExpiresAt != 0 && task.ExpiresAt <= now)
            ending.End(slot, new TaskEnd(TaskTrigger.Expire, EndReason.Expired), now, draft);
        else if (task.State == TaskState.Scheduled && task.DueAt <= now
            && (!task.IsHeld || tasks.Dependencies.VerdictOf(task.Id) == DependencyVerdict.Free))
            Queue(slot, TaskTrigger.BecomeDue, now, draft);
    }

    /// <summary>Takes what the store has of tasks for which others wait.</summary>
    /// <param name="asked">The tasks that were looked up.</param>
    /// <param name="found">Those that are stored. The others were removed by retention.</param>
    /// <param name="load">Loads a task that is open.</param>
    public void Learn(ImmutableArray<TaskId> asked, ImmutableArray<OpenTask> found, Action<OpenTask> load)
    {
        foreach (var task in found)
        {
            if (task.Row.State.IsFinal())
                tasks.Dependencies.Ended(task.Row.Id, task.Row.State);
            else
                load(task);
        }

        foreach (var id in asked.Except(found.Select(static task => task.Row.Id)))
            tasks.Dependencies.Gone(id);
    }

    // One that waits for its time, too, goes on waiting for that.
    private void Decide(TaskId id, DependencyVerdict verdict, long now, CommitDraft draft)
    {
        if (!tasks.TryFind(id, out var slot))
            throw new InvalidOperationException($"{id} waits for other tasks, and is not open.");
        if (verdict == DependencyVerdict.Unsatisfiable)
            ending.End(slot, new TaskEnd(TaskTrigger.Skip, EndReason.Skipped), now, draft);
        else if (tasks[slot].DueAt is TaskSlot.Never || tasks[slot].DueAt <= now)
            Queue(slot, TaskTrigger.Release, now, draft);
        // The time may have come before, in vain, and be to come again because the wall clock was set back.
        else
            tasks.Times.Watch(ref tasks[slot], slot);
    }

    private void Queue(int slot, TaskTrigger trigger, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        if (task.IsForEach)
        {
            items.Begin(slot);
            return;
        }

        if (task.IsJob)
        {
            jobs.Begin(slot);
            return;
        }

        task.QueuedAt = now;
        tasks.Move(ref task, slot, trigger);
        tasks.Record(draft, ref task);
    }
}
