using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// Decides whether a new task with a unique key is accepted. The round that decides also commits, so exactly one of any
/// number of simultaneous callers finds the key free. Needs all open tasks of the queue in memory.
/// </summary>
/// <remarks>
/// <code>
/// no task holds the key          accepted; with debounce, scheduled
/// one holds it, then: refuse     NotUnique
/// one holds it, then: join       Joined; with debounce, a holder that is still scheduled starts later
/// one holds it, then: replace    the holders are cancelled; accepted, and waits for the holders that nodes have to end
/// </code>
/// A task never joins a holder that is being cancelled: it is accepted, and waits for the holder to end.
/// </remarks>
internal sealed class UniqueTasks(OpenTasks tasks, TaskCancels cancels)
{
    /// <summary>
    /// Returns the reply to a task that is not accepted because another task holds its key; null if the task may be
    /// accepted. A join may make the holder start later.
    /// </summary>
    public SubmitReply? ReplyOf(TaskSubmission task, long now, CommitDraft draft)
    {
        var unique = task.Unique!;
        var holders = HoldersOf(unique);
        if (unique.Then == UniqueThen.Join)
            holders.RemoveAll(IsEnding);
        if (unique.Then == UniqueThen.Replace || holders.Count == 0)
            return null;
        // The latest holder, because earlier ones are being retried.
        var holder = holders.MaxBy(NumberOf);
        // The reply needs a commit although nothing changes: under another owner, the holder may have ended.
        draft.NeedsOwner = true;
        if (unique.Then == UniqueThen.Refuse)
            return new SubmitReply(SubmitOutcome.NotUnique, Holder: holder);
        Postpone(holder, unique, now, draft);
        return new SubmitReply(SubmitOutcome.Joined, Holder: holder);
    }

    /// <summary>Whether the task replaces one that waits, so that the queue does not become deeper.</summary>
    public bool TakesAPlace(TaskSubmission task) => task.Unique is { Then: UniqueThen.Replace } unique
        && HoldersOf(unique).Exists(id => tasks.TryFind(id, out var slot) && !tasks[slot].State.IsLeased());

    /// <summary>
    /// Cancels the holders. Returns the request to accept: its task has the time at which it starts, and waits for the
    /// holders that nodes have.
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
        // Only holders that nodes have are still open. A condition of the task itself already waits for the end.
        var after = task.After ?? [];
        var awaited = holders.Where(id => tasks.TryFind(id, out _) && !after.Any(one => one.Task == id))
            .Select(static id => new TaskDependency(id, EndCondition.Ended)).ToList();
        return request with { Tasks = [awaited.Count == 0 ? task : task with { After = [.. after, .. awaited] }] };
    }

    private List<TaskId> HoldersOf(TaskUnique unique) =>
        [.. tasks.Uniques.With(unique.Key).Where(id => Holds(id, unique.While))];

    private bool Holds(TaskId id, UniqueWhile during) =>
        tasks.TryFind(id, out var slot) && (during == UniqueWhile.Open || !tasks[slot].State.IsLeased());

    private bool IsEnding(TaskId id) =>
        tasks.TryFind(id, out var slot) && tasks[slot].Lease is { CancelRequestedAt: not 0 };

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

    // Excludes a task that a user has retried, because its first arrival may be long ago.
    private bool HasNeverStarted(TaskId id) =>
        tasks.TryFind(id, out var slot) && tasks[slot] is { Attempt: 0 } task && task.Order == task.No;

    // The holder starts no later than its own maximum allows. Its time moves back only if the clock was set back.
    private void Postpone(TaskId id, TaskUnique arrived, long now, CommitDraft draft)
    {
        if (arrived.Debounce == 0 || tasks.Uniques.Of(id) is not { Debounce: > 0 } unique
            || !tasks.TryFind(id, out var slot)
            || tasks[slot] is not { State: TaskState.Scheduled, Attempt: 0, DueAt: not TaskSlot.Never and var dueAt })
            return;
        // The clock was set back since the first arrival, so the maximum counts from now.
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
