namespace OrleansTasks.Tasks;

/// <summary>How a task ends, for <see cref="TaskEnding.End"/>.</summary>
/// <param name="Trigger">What leads to its final state: succeed, fail, cancel or expire.</param>
/// <param name="Reason">Why it ended; stored as the reason of its latest attempt.</param>
/// <param name="Result">
/// What the node said of the attempt that ended with the task; null when no node held the task, or its node did not report.
/// </param>
/// <param name="CancelRequestedAt">
/// Unix milliseconds. When the cancel was asked for that ends a task which no node holds; 0 otherwise, since a lease has its own.
/// </param>
internal readonly record struct TaskEnd(
    TaskTrigger Trigger, EndReason Reason, AttemptResult? Result = null, long CancelRequestedAt = 0);
