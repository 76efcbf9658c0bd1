using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>What a commit writes so that cancels and retries can be undone.</summary>
/// <param name="Kept">Tasks before their cancel or retry; a row replaces one of the same operation and task.</param>
/// <param name="Decided">Stored rows, by operation and task number, and their outcome.</param>
public sealed record UndoCommit(
    IReadOnlyCollection<UndoRow> Kept, IReadOnlyList<(TaskId Operation, long No, UndoOutcome Outcome)> Decided)
{
    /// <summary>
    /// Whether the queue is deleted: at last, its undecided rows become <see cref="UndoOutcome.QueueGone"/>.
    /// </summary>
    public bool IsQueueGone { get; init; }
}
