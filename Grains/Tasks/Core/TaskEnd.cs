namespace OrleansTasks.Tasks;

/// <summary>
/// How a task or a chunk run ends: the argument of <see cref="TaskEnding.End"/>.
/// <see cref="Attempts"/> makes it when an attempt ends the task or the task is cancelled, and
/// <see cref="DispatchCore"/> when the task expires.
/// </summary>
/// <param name="Trigger">
/// What moves the task to its final state: <see cref="TaskTrigger.Succeed"/>, <see cref="TaskTrigger.Fail"/>,
/// <see cref="TaskTrigger.Cancel"/> or <see cref="TaskTrigger.Expire"/>. Any other trigger throws.
/// </param>
/// <param name="Reason">
/// Why it ended. The task's row shows the reason as that of the latest attempt, or of the task if it had no attempt.
/// </param>
/// <param name="Result">
/// What the node reported of the attempt that ended with the task. Null when no node held the task, or when its node
/// did not report, as when the node was lost.
/// </param>
/// <param name="CancelRequestedAt">
/// When the cancel was requested, in Unix milliseconds, if a cancel ends a task that no node holds (any more). 0 in all
/// other cases: while a node holds the task, the lease has the time.
/// </param>
internal readonly record struct TaskEnd(
    TaskTrigger Trigger, EndReason Reason, AttemptResult? Result = null, long CancelRequestedAt = 0);
