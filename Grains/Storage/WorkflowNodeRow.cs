using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>What is stored of the task of a workflow's node. Times are Unix milliseconds; 0 means not set.</summary>
/// <param name="Node">The node's index in the workflow.</param>
/// <param name="Task">The task's id.</param>
/// <param name="State">The task's state.</param>
/// <param name="Reason">Why the task, or its latest attempt, ended.</param>
/// <param name="ExitCode">The latest attempt's exit code.</param>
/// <param name="StartedAt">When the latest attempt started.</param>
public sealed record WorkflowNodeRow(
    int Node, TaskId Task, TaskState State, EndReason Reason, int? ExitCode, long StartedAt)
{
    /// <summary>When the task ended.</summary>
    public long EndedAt { get; init; }
}
