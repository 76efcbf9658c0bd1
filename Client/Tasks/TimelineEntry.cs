using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Something that happened to a task.</summary>
/// <param name="At">The time, in Unix milliseconds.</param>
/// <param name="State">The new state; null for a request.</param>
/// <param name="Attempt">The attempt's number; 0 before the first.</param>
/// <param name="Node">The attempt's node; null if there is none.</param>
/// <param name="Reason">Why the attempt or the task ended.</param>
internal readonly record struct TimelineEntry(long At, TaskState? State, int Attempt, string? Node, EndReason Reason)
{
    /// <summary>Who asked for it; null if no caller did or if it is unknown.</summary>
    public Origin? By { get; init; }

    /// <summary>Who submitted the task, for the entry of its acceptance; null if unknown, and for all others.</summary>
    public Submitter? Submitter { get; init; }

    /// <summary>The kind of entry, as the HTTP contract names it.</summary>
    public string Kind => State is not null ? "state" : By?.Action is AuditActions.RetryTasks or AuditActions.UndoTasks ? "operator" : "request";
}
