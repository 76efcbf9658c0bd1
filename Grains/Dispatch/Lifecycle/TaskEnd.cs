using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>
/// How a task or a chunk run (a chunk of a data job, run as a task is) ends: the argument of
/// <see cref="TaskEnding.End"/>. <see cref="Attempts"/> makes it when an attempt ends the task or the task is
/// cancelled, and <see cref="Releases"/> when the task expires or is skipped.
/// </summary>
/// <param name="Trigger">
/// What moves the task to its final state: <see cref="TaskTrigger.Succeed"/>, <see cref="TaskTrigger.Fail"/>,
/// <see cref="TaskTrigger.Cancel"/>, <see cref="TaskTrigger.Skip"/> or <see cref="TaskTrigger.Expire"/>. Any other trigger throws.
/// </param>
/// <param name="Reason">
/// Why the task ended. In the task's row this becomes the reason of the latest attempt, if there was one.
/// </param>
/// <param name="Result">
/// What the node reported of the attempt that ended with the task. Null when no node held the task (any more), or when
/// the node did not report an end, for example because it was lost.
/// </param>
/// <param name="CancelRequestedAt">
/// When the cancel was requested, in Unix milliseconds, if a cancel ends a task that no node holds (any more).
/// Otherwise 0: while a node holds the task, its <see cref="Lease.CancelRequestedAt"/> has the time of any cancel.
/// </param>
internal readonly record struct TaskEnd(
    TaskTrigger Trigger, EndReason Reason, AttemptResult? Result = null, long CancelRequestedAt = 0);
