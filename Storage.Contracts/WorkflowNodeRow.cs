using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// The task of a workflow's node. Reason, exit code and start are the latest attempt's, the reason the task's once it
/// has ended. Times are Unix milliseconds; 0 means not set.
/// </summary>
public sealed record WorkflowNodeRow(
    int Node, TaskId Task, TaskState State, EndReason Reason, int? ExitCode, long StartedAt)
{
    /// <summary>When the task ended.</summary>
    public long EndedAt { get; init; }
}
