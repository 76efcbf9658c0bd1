using static OrleansTasks.Tasks.TaskState;
using static OrleansTasks.Tasks.TaskTrigger;

namespace OrleansTasks.Tasks;

/// <summary>
/// Every way a task or a chunk run can change its state; what is not listed cannot happen. A new task is scheduled or queued.
/// <c>docs/state-machine.md</c> has the same table, and a test compares the two: change both.
/// </summary>
public static class TaskTransitions
{
    /// <summary>The next state at <c>state * 16 + trigger</c>: there is room for 16 triggers.</summary>
    private static readonly TaskState?[] Table = new TaskState?[TaskStates.All.Length << 4];

    static TaskTransitions()
    {
        foreach (var (from, trigger, to) in All)
            Table[((int)from << 4) | (int)trigger] = to;
    }

    /// <summary>The whole table, by the state it leads from.</summary>
    public static ImmutableArray<(TaskState From, TaskTrigger Trigger, TaskState To)> All { get; } =
    [
        (Scheduled, BecomeDue, Queued),
        (Scheduled, TaskTrigger.Cancel, Cancelled),
        (Scheduled, Expire, Failed),
        (Queued, Assign, Assigned),
        (Queued, TaskTrigger.Cancel, Cancelled),
        (Queued, Expire, Failed),
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
        (Cancelled, Retry, Queued),
    ];

    /// <summary>The state that a trigger leads to, or null where it cannot happen.</summary>
    public static TaskState? TryNext(TaskState from, TaskTrigger trigger) => Table[((int)from << 4) | (int)trigger];

    /// <summary>The state that a trigger leads to.</summary>
    /// <exception cref="InvalidOperationException">The trigger cannot happen in this state: a defect of the caller.</exception>
    public static TaskState Next(TaskState from, TaskTrigger trigger) =>
        TryNext(from, trigger) ?? throw new InvalidOperationException($"{trigger} cannot happen to a task that is {from}.");
}
