using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A task as it was before somebody cancelled or retried it, kept for a while so that this can be undone. Written by the
/// commit of the cancel or retry.
/// </summary>
/// <param name="Operation">The id of the request.</param>
/// <param name="Before">The task before. Ended, if the request was a retry.</param>
/// <param name="At">When it was changed, in Unix milliseconds: the time of the commit's round.</param>
/// <param name="Order">The task's <see cref="TaskRow.Order"/> after the change; a retry gives it a new one.</param>
public sealed record UndoRow(TaskId Operation, TaskRow Before, long At, long Order)
{
    /// <summary>For how long after the change it can be undone, in milliseconds.</summary>
    public const long Term = 10 * 60 * 1_000;

    /// <summary>
    /// For how long after the change the row is kept, in milliseconds: longer than the term, so that a repeated undo
    /// gets the same answer.
    /// </summary>
    public const long KeptFor = 15 * 60 * 1_000;

    /// <summary>Whether other tasks waited for the task, or may have, when it was cancelled.</summary>
    public bool HadDependents { get; init; }

    /// <summary>
    /// The fingerprint of the failure that a retry made the store forget. The store fills it in; null when there was
    /// none.
    /// </summary>
    public long? Fingerprint { get; init; }

    /// <summary>What undoing it has led to.</summary>
    public UndoOutcome Outcome { get; init; }
}
