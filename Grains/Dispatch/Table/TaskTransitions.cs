using OrleansTasks.Tasks;
using static OrleansTasks.Dispatch.Table.TaskTrigger;
using static OrleansTasks.Tasks.TaskState;

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

/// <summary>
/// The cause of a state change of a task or chunk run, as listed in <see cref="TaskTransitions"/>. Triggers are never
/// stored or sent, so their numbers may change; the table has room for 32. A failed attempt uses up one of those that
/// the retry policy allows. An attempt that was put back or lost does not, except as described at
/// <see cref="LoseNode"/>.
/// </summary>
public enum TaskTrigger : byte
{
    /// <summary>Scheduled to queued: the task's <c>runAt</c> or the end of its backoff has come.</summary>
    BecomeDue,

    /// <summary>Queued to assigned: a node with room was chosen, and a new attempt begins.</summary>
    Assign,

    /// <summary>Assigned to running: the node reported the start, or a result that implies it.</summary>
    Confirm,

    /// <summary>
    /// Assigned or running to queued: the node refused or could not start the attempt, its worker shut down and killed
    /// it, or it provably never started.
    /// </summary>
    PutBack,

    /// <summary>
    /// Running to succeeded: the command exited with 0, even after a requested cancel. Scheduled to succeeded: a
    /// workflow node's data job, or all items' tasks of a node with <c>forEach</c>, succeeded.
    /// </summary>
    Succeed,

    /// <summary>
    /// Assigned or running to failed: the last allowed attempt failed, or the node was lost more often than
    /// <see cref="DispatchOptions.MaxNodeLosses"/> allows. Scheduled to failed: a workflow node's data job failed; or
    /// all items' tasks of a node with <c>forEach</c> have ended and one has failed, or its list of items cannot be
    /// read.
    /// </summary>
    Fail,

    /// <summary>Assigned or running to scheduled: the attempt failed, and another follows after a wait.</summary>
    BackOff,

    /// <summary>
    /// Assigned or running to queued: the node was lost, or no longer has the attempt. If the retry policy counts that
    /// as a failed attempt, the trigger is <see cref="BackOff"/> or <see cref="Fail"/> instead.
    /// </summary>
    LoseNode,

    /// <summary>
    /// Open to cancelled: a user cancelled a task that no node held; or the attempt of a task with a requested cancel
    /// ended without success, was given back or was lost. The request alone does not change the state.
    /// </summary>
    Cancel,

    /// <summary>Scheduled or queued to failed: <c>expiresAt</c> came before the first attempt.</summary>
    Expire,

    /// <summary>Failed or cancelled to queued: a user retried the task, which gets full budgets again.</summary>
    Retry,

    /// <summary>Scheduled to queued: all parents have ended as required, and <c>runAt</c> has come.</summary>
    Release,

    /// <summary>
    /// Failed or cancelled to scheduled: a user retried the task's workflow, and the task waits again.
    /// </summary>
    Hold,

    /// <summary>Scheduled to cancelled: a parent ended, but not as required.</summary>
    Skip,

    /// <summary>Cancelled to queued: a user undid the cancel of a queued task.</summary>
    UndoToQueued,

    /// <summary>Cancelled to scheduled: a user undid the cancel of a scheduled task.</summary>
    UndoToScheduled,

    /// <summary>Queued to failed: a user undid the retry of a failed task.</summary>
    UndoToFailed,

    /// <summary>Queued to cancelled: a user undid the retry of a cancelled task.</summary>
    UndoToCancelled,
}
