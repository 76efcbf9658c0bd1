using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// Decides what becomes of a new task with a unique key. The round that decides also commits, so of any number of callers at once
/// exactly one finds the key free. Needs all open tasks of the queue in memory.
/// </summary>
/// <remarks>
/// <code>
/// no task holds the key          accepted; with debounce, scheduled
/// one holds it, then: refuse     NotUnique
/// one holds it, then: join       Joined; with debounce, a holder that never started starts later
/// one holds it, then: replace    the holders are cancelled; accepted, and waits for the ends of those that nodes have
/// </code>
/// A holder whose end is requested already takes no place: a task that would join it waits for its end instead.
/// </remarks>
internal sealed class UniqueTasks(OpenTasks tasks, TaskCancels cancels)
{
    /// <summary>
    /// Returns the reply to a task that is not accepted because another one holds its key; null if it may be accepted. May make the
    /// holder start later.
    /// </summary>
    public SubmitReply? ReplyOf(TaskSubmission task, long now, CommitDraft draft)
    {
        var unique = task.Unique!;
        var holders = HoldersOf(unique);
        if (unique.Then == UniqueThen.Join)
            holders.RemoveAll(IsEnding);
        if (unique.Then == UniqueThen.Replace || holders is not [.., var holder])
            return null;
        // Nothing changes, but the holder may have ended under another owner of the queue.
        draft.NeedsOwner = true;
        if (unique.Then == UniqueThen.Refuse)
            return new SubmitReply(SubmitOutcome.NotUnique, Holder: holder);
        Postpone(holder, unique, now, draft);
        return new SubmitReply(SubmitOutcome.Joined, Holder: holder);
    }

    /// <summary>
    /// Returns what to accept: the request's task with the time at which it starts and the holders whose ends it waits for. Cancels
    /// the holders.
    /// </summary>
    public SubmitRequest Prepare(SubmitRequest request, long now, CommitDraft draft)
    {
        var (task, unique) = (request.Tasks[0], request.Tasks[0].Unique!);
        var holders = HoldersOf(unique);
        var first = unique.Then == UniqueThen.Replace ? FirstArrival(holders) : 0;
        foreach (var id in holders.Where(id => !IsEnding(id)))
            cancels.Cancel(id, now, draft, EndReason.Replaced);
        var awaited = holders.Where(id => tasks.TryFind(id, out _))
            .Select(static id => new TaskDependency(id, EndCondition.Ended)).ToList();
        return request with
        {
            Tasks =
            [
                task with
                {
                    Unique = unique with { Since = first },
                    RunAt = unique.Debounce > 0 ? StartOf(unique, first == 0 ? now : first, now) : task.RunAt,
                    After = awaited.Count == 0 ? task.After : [.. task.After ?? [], .. awaited],
                },
            ],
        };
    }

    private List<TaskId> HoldersOf(TaskUnique unique) =>
        [.. tasks.Uniques.With(unique.Key).Where(id => Holds(id, unique.While))];

    private bool Holds(TaskId id, UniqueWhile during) =>
        tasks.TryFind(id, out var slot) && (during == UniqueWhile.Open || !tasks[slot].State.IsLeased());

    private bool IsEnding(TaskId id) => tasks.TryFind(id, out var slot) && tasks[slot].Lease is { CancelRequestedAt: not 0 };

    // The first arrival since which nothing has started; 0 if there was none.
    private long FirstArrival(List<TaskId> holders)
    {
        var since = 0L;
        foreach (var id in holders)
        {
            if (IsPostponable(id, out _) && tasks.Uniques.Of(id) is { Debounce: > 0 } unique)
                since = FirstArrival(id, unique) is var first && (since == 0 || first < since) ? first : since;
        }

        return since;
    }

    private void Postpone(TaskId id, TaskUnique arrived, long now, CommitDraft draft)
    {
        if (arrived.Debounce == 0 || !IsPostponable(id, out var slot) || tasks.Uniques.Of(id) is not { Debounce: > 0 } unique)
            return;
        tasks.Postpone(slot, StartOf(arrived, FirstArrival(id, unique), now), draft);
    }

    private bool IsPostponable(TaskId id, out int slot) =>
        tasks.TryFind(id, out slot) && tasks[slot] is { State: TaskState.Scheduled, Attempt: 0, DueAt: not TaskSlot.Never };

    private static long FirstArrival(TaskId id, TaskUnique unique) => unique.Since == 0 ? id.CreatedAt : unique.Since;

    private static long StartOf(TaskUnique unique, long first, long now) =>
        Math.Max(now, Math.Min(now + unique.Debounce, first + unique.DebounceMax));
}
