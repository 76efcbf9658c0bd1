using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>What a commit writes so that cancels and retries can be undone.</summary>
/// <param name="Kept">
/// Tasks that the commit cancels or retries, as they were before. A row of the same operation and task replaces the
/// stored one.
/// </param>
/// <param name="Decided">Rows that were stored, by the operation and the task's number, and what has become of them.</param>
public sealed record UndoCommit(
    IReadOnlyCollection<UndoRow> Kept, IReadOnlyList<(TaskId Operation, long No, UndoOutcome Outcome)> Decided)
{
    /// <summary>
    /// Whether the queue is deleted: all its rows that nobody has decided become
    /// <see cref="UndoOutcome.QueueGone"/>, after <see cref="Kept"/> and <see cref="Decided"/> are written.
    /// </summary>
    public bool IsQueueGone { get; init; }
}
