
namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// What makes a task, or a run of a job's chunk, change its state. <see cref="TaskTransitions"/> has the table: which
/// trigger leads from which state to which. A dispatcher's core names the trigger at each change.
/// Triggers are never stored or sent, so their numbers may change; the table has room for 32 of them.
/// </summary>
/// <remarks>
/// An attempt is one try at running the task on a node. A failed attempt counts against the attempts that the task's
/// retry policy allows. An attempt that was put back or lost does not count, with the exception at
/// <see cref="LoseNode"/>.
/// </remarks>
public enum TaskTrigger : byte
{
    /// <summary>
    /// Scheduled to queued: the task's <c>runAt</c> has come, or its wait after a failed attempt is over.
    /// </summary>
    BecomeDue,

    /// <summary>Queued to assigned: a node with room was chosen for the task, and a new attempt begins.</summary>
    Assign,

    /// <summary>
    /// Assigned to running: the node reported that it has started the attempt, or reported a result that implies a
    /// start.
    /// </summary>
    Confirm,

    /// <summary>
    /// Assigned or running to queued: the attempt was given back. The node refused it or could not start it, its worker
    /// shut down and killed it, or the attempt provably never started.
    /// </summary>
    PutBack,

    /// <summary>
    /// Running to succeeded: the command exited with 0, even if a cancel had been requested. Scheduled to succeeded: the
    /// tasks of all items of a node with <c>forEach</c> have succeeded, or the data job of a node has.
    /// </summary>
    Succeed,

    /// <summary>
    /// Assigned or running to failed: the attempt failed and no attempt is left, or the task was lost with its node
    /// more often than <see cref="DispatchOptions.MaxNodeLosses"/> allows. Scheduled to failed: the tasks of all items
    /// of a node with <c>forEach</c> have ended, and one has failed; or its list of items cannot be read; or the data job of a node has failed.
    /// </summary>
    Fail,

    /// <summary>Assigned or running to scheduled: the attempt failed, and another one follows after a wait.</summary>
    BackOff,

    /// <summary>
    /// Assigned or running to queued: the node was lost, or no longer has the attempt. If the retry policy counts a
    /// lost node as a failed attempt, the trigger is <see cref="BackOff"/> or <see cref="Fail"/> instead.
    /// </summary>
    LoseNode,

    /// <summary>
    /// Any open state to cancelled: a user cancelled a task that no node held, or the attempt of a task with a
    /// requested cancel ended without success, was given back or was lost. The request alone does not change the state
    /// of a task on a node.
    /// </summary>
    Cancel,

    /// <summary>Scheduled or queued to failed: the task's <c>expiresAt</c> came before its first attempt.</summary>
    Expire,

    /// <summary>
    /// Failed or cancelled to queued: a user asked to run the task again, with a fresh number of attempts.
    /// </summary>
    Retry,

    /// <summary>Scheduled to queued: every task that it waits for has ended as it has to, and its <c>runAt</c> has come.</summary>
    Release,

    /// <summary>
    /// Failed or cancelled to scheduled: a user retried the workflow of which the task is a node, and the task waits
    /// for others again.
    /// </summary>
    Hold,

    /// <summary>Scheduled to cancelled: a task that it waits for has ended otherwise.</summary>
    Skip,

    /// <summary>Cancelled to queued: a user undid the cancel of a task that was queued.</summary>
    UndoToQueued,

    /// <summary>Cancelled to scheduled: a user undid the cancel of a task that was scheduled.</summary>
    UndoToScheduled,

    /// <summary>Queued to failed: a user undid the retry of a task that had failed.</summary>
    UndoToFailed,

    /// <summary>Queued to cancelled: a user undid the retry of a task that was cancelled before.</summary>
    UndoToCancelled,
}
