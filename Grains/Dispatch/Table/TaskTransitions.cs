using OrleansTasks.Tasks;
using static OrleansTasks.Tasks.TaskState;
using static OrleansTasks.Dispatch.Table.TaskTrigger;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// The state machine of tasks and chunk runs: which trigger leads from which state to which. <see cref="OpenTasks"/>
/// changes states by this table; <see cref="TaskTrigger"/> describes when each trigger happens.
/// </summary>
/// <remarks>
/// A new task is scheduled if its <c>runAt</c> is in the future or it waits for other tasks, its items or its job;
/// otherwise it is queued, as is a new chunk run. No row leads from assigned to succeeded: a result that arrives before
/// the report of the start confirms the task first. A chunk run whose job or chunk has ended is dropped in any state,
/// without a transition. <c>docs/state-machine.md</c> explains the same rows, and a test compares the two: change both.
/// </remarks>
public static class TaskTransitions
{
    /// <summary>The next state, or null, at index <c>state * 32 + trigger</c>. There is room for 32 triggers.</summary>
    private static readonly TaskState?[] Table = new TaskState?[TaskStates.All.Length << 5];

    static TaskTransitions()
    {
        foreach (var (from, trigger, to) in All)
            Table[((int)from << 5) | (int)trigger] = to;
    }

    /// <summary>All transitions, ordered by the state that they start from.</summary>
    public static ImmutableArray<(TaskState From, TaskTrigger Trigger, TaskState To)> All { get; } =
    [
        (Scheduled, BecomeDue, Queued),
        (Scheduled, Release, Queued),
        (Scheduled, TaskTrigger.Cancel, Cancelled),
        (Scheduled, Skip, Cancelled),
        (Scheduled, Expire, Failed),
        (Scheduled, Succeed, Succeeded),
        (Scheduled, Fail, Failed),
        (Queued, Assign, Assigned),
        (Queued, TaskTrigger.Cancel, Cancelled),
        (Queued, Expire, Failed),
        (Queued, UndoToFailed, Failed),
        (Queued, UndoToCancelled, Cancelled),
        (Assigned, Confirm, Running),
        (Assigned, PutBack, Queued),
        (Assigned, Fail, Failed),
        (Assigned, BackOff, Scheduled),
        (Assigned, LoseNode, Queued),
        (Assigned, TaskTrigger.Cancel, Cancelled),
        (Running, PutBack, Queued),
        (Running, Succeed, Succeeded),
        (Running, Fail, Failed),
        (Running, BackOff, Scheduled),
        (Running, LoseNode, Queued),
        (Running, TaskTrigger.Cancel, Cancelled),
        (Failed, Retry, Queued),
        (Failed, Hold, Scheduled),
        (Cancelled, Retry, Queued),
        (Cancelled, Hold, Scheduled),
        (Cancelled, UndoToQueued, Queued),
        (Cancelled, UndoToScheduled, Scheduled),
    ];

    /// <summary>
    /// Returns the state that a trigger leads to, or null if the trigger cannot happen in this state.
    /// </summary>
    public static TaskState? TryNext(TaskState from, TaskTrigger trigger) => Table[((int)from << 5) | (int)trigger];

    /// <summary>Returns the state that a trigger leads to.</summary>
    /// <exception cref="InvalidOperationException">
    /// The trigger cannot happen in this state: a bug in the caller.
    /// </exception>
    public static TaskState Next(TaskState from, TaskTrigger trigger) =>
        TryNext(from, trigger) ?? throw new InvalidOperationException($"{trigger} is not valid for a task in the state {from}.");
}
