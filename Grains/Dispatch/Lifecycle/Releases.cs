using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>
/// Queues tasks when their parents have ended as required, and skips them when that can no longer happen. Times are
/// Unix milliseconds.
/// </summary>
internal sealed class Releases(OpenTasks tasks, TaskEnding ending, ItemNodes items, NodeJobs jobs, RoundBounds bounds)
    : IDispatchModule
{
    /// <inheritdoc/>
    public long Next => tasks.Dependencies.HasDecided ? 0 : long.MaxValue;

    /// <inheritdoc/>
    /// <remarks>
    /// Also handles ends that it causes: children of a skipped task may be skipped in the same round.
    /// </remarks>
    public void Tick(long now, CommitDraft draft)
    {
        for (var left = bounds.Releases; left > 0 && tasks.Dependencies.TryTake(out var id, out var verdict); left--)
            Decide(id, verdict, now, draft);
    }

    /// <summary>
    /// Records the states of parents that were looked up in the store. The caller has loaded the open ones; retention
    /// has removed those that were not found.
    /// </summary>
    public void Learn(ImmutableArray<TaskId> asked, ImmutableArray<OpenTask> found)
    {
        foreach (var task in found.Where(static task => task.Row.State.IsFinal()))
            tasks.Dependencies.Ended(task.Row.Id, task.Row.State);

        foreach (var id in asked.Except(found.Select(static task => task.Row.Id)))
            tasks.Dependencies.Gone(id);
    }

    /// <summary>Returns whether the own task of a node with <c>forEach</c> waits for nothing but its items.</summary>
    public bool HasBegun(TaskId task) => items.IsBegun(task);

    /// <summary>
    /// Queues a task whose conditions are met. The own task of a workflow node begins its items or job instead.
    /// </summary>
    public void Queue(int slot, TaskTrigger trigger, long now, CommitDraft draft)
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

    // A task that also waits for a time continues to wait for it.
    private void Decide(TaskId id, DependencyVerdict verdict, long now, CommitDraft draft)
    {
        if (!tasks.TryFind(id, out var slot))
            throw new InvalidOperationException($"{id} waits for other tasks but is not open.");
        if (verdict == DependencyVerdict.Unsatisfiable)
            ending.End(slot, new TaskEnd(TaskTrigger.Skip, EndReason.Skipped), now, draft);
        else if (tasks[slot].DueAt is TaskSlot.Never || tasks[slot].DueAt <= now)
            Queue(slot, TaskTrigger.Release, now, draft);
        // Watch its time again: it may have come before, when the task was held, and the wall clock was then set back.
        else
            tasks.Times.Watch(ref tasks[slot], slot);
    }
}
