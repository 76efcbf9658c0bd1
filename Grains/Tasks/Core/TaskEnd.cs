namespace OrleansTasks.Tasks;

/// <summary>How a task ends.</summary>
/// <param name="Trigger">What leads to its final state.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="Result">
/// What the node said of the attempt that ended with it; null when no attempt did, or nobody told.
/// </param>
/// <param name="CancelRequestedAt">
/// When a cancel was asked for, if that ends it without an attempt; Unix milliseconds.
/// </param>
internal readonly record struct TaskEnd(
    TaskTrigger Trigger, EndReason Reason, AttemptResult? Result = null, long CancelRequestedAt = 0);
