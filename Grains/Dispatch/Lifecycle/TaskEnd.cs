using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>How a task or chunk run ends: the argument of <see cref="TaskEnding.End"/>.</summary>
/// <param name="Trigger">
/// <see cref="TaskTrigger.Succeed"/>, <see cref="TaskTrigger.Fail"/>, <see cref="TaskTrigger.Cancel"/>,
/// <see cref="TaskTrigger.Skip"/> or <see cref="TaskTrigger.Expire"/>. Any other trigger throws.
/// </param>
/// <param name="Reason">Stored in the task's row as the reason why the latest attempt, if there was one, ended.</param>
/// <param name="Result">What the node reported; null if no node held the task, or it reported no end.</param>
/// <param name="CancelRequestedAt">
/// When the cancel was requested, in Unix milliseconds, if a cancel ends a task that no node holds. Otherwise 0: while
/// a node holds the task, <see cref="Lease.CancelRequestedAt"/> has the time.
/// </param>
internal readonly record struct TaskEnd(
    TaskTrigger Trigger, EndReason Reason, AttemptResult? Result = null, long CancelRequestedAt = 0);
