using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// The task of a workflow node. Reason, exit code and start are the latest attempt's; once the task has ended, the
/// reason is the task's. Times are Unix milliseconds; 0 means not set.
/// </summary>
public sealed record WorkflowNodeRow(
    int Node, TaskId Task, TaskState State, EndReason Reason, int? ExitCode, long StartedAt)
{
    /// <summary>When the task ended.</summary>
    public long EndedAt { get; init; }
}
