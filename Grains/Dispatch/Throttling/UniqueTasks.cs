using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// Decides what becomes of a new task with a unique key. The round that decides also commits, so of any number of
/// callers at once exactly one finds the key free. Needs all open tasks of the queue in memory.
/// </summary>
/// <remarks>
/// <code>
/// no task holds the key          accepted; with debounce, scheduled
/// one holds it, then: refuse     NotUnique
/// one holds it, then: join       Joined; with debounce, a holder that is still scheduled starts later
/// one holds it, then: replace    the holders are cancelled; accepted, and waits for the ends of those that nodes have
/// </code>
/// A holder whose end is requested already takes no place: a task that would join it waits for its end instead.
/// </remarks>
internal sealed class UniqueTasks(OpenTasks tasks, TaskCancels cancels)
{
    /// <summary>
    /// Returns the reply to a task that is not accepted because another one holds its key; null if it may be accepted.
    /// May make the holder start later.
    /// </summary>
    public SubmitReply? ReplyOf(TaskSubmission task, long now, CommitDraft draft)
    {
        var unique = task.Unique!;
        var holders = HoldersOf(unique);
        if (unique.Then == UniqueThen.Join)
            holders.RemoveAll(IsEnding);
        if (unique.Then == UniqueThen.Replace || holders.Count == 0)
            return null;
        // The latest: if an earlier one is left, it is being retried.
        var holder = holders.MaxBy(NumberOf);
        // Nothing changes, but the holder may have ended under another owner of the queue.
        draft.NeedsOwner = true;
        if (unique.Then == UniqueThen.Refuse)
            return new SubmitReply(SubmitOutcome.NotUnique, Holder: holder);
        Postpone(holder, unique, now, draft);
        return new SubmitReply(SubmitOutcome.Joined, Holder: holder);
    }

    /// <summary>Whether the task takes the place of one that waits, so that the queue does not become deeper.</summary>
    public bool TakesAPlace(TaskSubmission task) => task.Unique is { Then: UniqueThen.Replace } unique
        && HoldersOf(unique).Exists(id => tasks.TryFind(id, out var slot) && !tasks[slot].State.IsLeased());

    /// <summary>
    /// Returns what to accept: the request's task with the time at which it starts and the holders whose ends it waits
    /// for. Cancels the holders.
    /// </summary>
    public SubmitRequest Prepare(SubmitRequest request, long now, CommitDraft draft)
    {
        var (task, unique) = (request.Tasks[0], request.Tasks[0].Unique!);
        var holders = HoldersOf(unique);
        if (unique.Debounce > 0)
        {
            var first = unique.Then == UniqueThen.Replace ? FirstArrival(holders, now) : now;
            unique = unique with { Since = first };
            task = task with { Unique = unique, RunAt = StartOf(unique, first, now) };
        }

        foreach (var id in holders.Where(id => !IsEnding(id)))
            cancels.Cancel(id, now, draft, EndReason.Replaced);
        // Those that nodes have. If the task's own condition names one, that condition waits for its end, too.
        var after = task.After ?? [];
        var awaited = holders.Where(id => tasks.TryFind(id, out _) && !after.Any(one => one.Task == id))
            .Select(static id => new TaskDependency(id, EndCondition.Ended)).ToList();
        return request with { Tasks = [awaited.Count == 0 ? task : task with { After = [.. after, .. awaited] }] };
    }

    private List<TaskId> HoldersOf(TaskUnique unique) =>
        [.. tasks.Uniques.With(unique.Key).Where(id => Holds(id, unique.While))];

    private bool Holds(TaskId id, UniqueWhile during) =>
        tasks.TryFind(id, out var slot) && (during == UniqueWhile.Open || !tasks[slot].State.IsLeased());

    private bool IsEnding(TaskId id) => tasks.TryFind(id, out var slot) && tasks[slot].Lease is { CancelRequestedAt: not 0 };

    private long NumberOf(TaskId id) => tasks.TryFind(id, out var slot) ? tasks[slot].No : 0;

    // The first arrival since which no debounced task with the key has started.
    private long FirstArrival(List<TaskId> holders, long now)
    {
        foreach (var id in holders)
        {
            if (HasNeverStarted(id) && tasks.Uniques.Of(id) is { Debounce: > 0 } unique)
                now = Math.Min(now, unique.Since);
        }

        return now;
    }

    // A task that a user has retried does not count: its first arrival may be long ago.
    private bool HasNeverStarted(TaskId id) =>
        tasks.TryFind(id, out var slot) && tasks[slot] is { Attempt: 0 } task && task.Order == task.No;

    // No earlier, except after the clock was set back, and no later than the holder itself allows.
    private void Postpone(TaskId id, TaskUnique arrived, long now, CommitDraft draft)
    {
        if (arrived.Debounce == 0 || tasks.Uniques.Of(id) is not { Debounce: > 0 } unique || !tasks.TryFind(id, out var slot)
            || tasks[slot] is not { State: TaskState.Scheduled, Attempt: 0, DueAt: not TaskSlot.Never and var dueAt })
            return;
        // The clock was set back since the first arrival: its maximum counts from now on.
        if (unique.Since > now)
        {
            tasks.Uniques.CountFrom(id, now);
            unique = unique with { Since = now };
        }

        var start = StartOf(
            arrived with { DebounceMax = Math.Min(arrived.DebounceMax, unique.DebounceMax) }, unique.Since, now);
        start = Math.Max(start, Math.Min(dueAt, now + unique.Debounce));
        if (start != dueAt)
            tasks.Postpone(slot, start, draft);
    }

    private static long StartOf(TaskUnique unique, long first, long now) =>
        Math.Max(now, Math.Min(now + unique.Debounce, first + unique.DebounceMax));
}
