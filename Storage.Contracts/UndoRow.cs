using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A task as it was before a cancel or retry, written by the commit of that change. <c>At</c> is the commit's time in
/// Unix milliseconds. <c>Order</c> is the task's order after the change; a retry assigns a new one.
/// </summary>
public sealed record UndoRow(TaskId Operation, TaskRow Before, long At, long Order)
{
    /// <summary>How long the change can be undone, in milliseconds.</summary>
    public const long Term = 10 * 60 * 1_000;

    /// <summary>
    /// How long the row is kept, in milliseconds. Exceeds <see cref="Term"/>, so a repeated undo gets the same answer.
    /// </summary>
    public const long KeptFor = 15 * 60 * 1_000;

    /// <summary>Whether other tasks waited, or may have waited, for the task when it was cancelled.</summary>
    public bool HadDependents { get; init; }

    /// <summary>
    /// The fingerprint of the failure that a retry made the store forget, or null. The store fills it in.
    /// </summary>
    public long? Fingerprint { get; init; }

    /// <summary>The outcome of an undo.</summary>
    public UndoOutcome Outcome { get; init; }
}
