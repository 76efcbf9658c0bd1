using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Something that happened to a task.</summary>
/// <param name="At">When, Unix milliseconds.</param>
/// <param name="State">The state that it went to; null for a request.</param>
/// <param name="Attempt">The attempt; 0 before the first.</param>
/// <param name="Node">The attempt's node.</param>
/// <param name="Reason">Why the attempt, or the task, ended.</param>
internal readonly record struct TimelineEntry(long At, TaskState? State, int Attempt, string? Node, EndReason Reason)
{
    /// <summary>Who asked for it; null for what nobody asked for, and when it is not known.</summary>
    public Origin? By { get; init; }

    /// <summary>What kind of entry it is, as the HTTP contract names it.</summary>
    public string Kind => State is not null ? "state" : By?.Action is AuditActions.RetryTasks or AuditActions.UndoTasks ? "operator" : "request";
}
