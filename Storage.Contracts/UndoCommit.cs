using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>What a commit writes so that cancels and retries can be undone later.</summary>
/// <param name="Kept">
/// Tasks as they were before their cancel or retry. A row replaces one of the same operation and task.
/// </param>
/// <param name="Decided">Outcomes of undos, for stored rows by operation and task number.</param>
public sealed record UndoCommit(
    IReadOnlyCollection<UndoRow> Kept, IReadOnlyList<(TaskId Operation, long No, UndoOutcome Outcome)> Decided)
{
    /// <summary>
    /// Whether the queue is deleted; its undecided rows then become <see cref="UndoOutcome.QueueGone"/>, after all
    /// else.
    /// </summary>
    public bool IsQueueGone { get; init; }
}
