using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>A node of a <see cref="WorkflowSpec"/>.</summary>
/// <param name="Name">The node's name, unique in the workflow.</param>
/// <param name="Task">
/// The task that the node runs, once for each item if there is a <see cref="ForEach"/>. Its queue is the workflow's.
/// Its name is the node's unless the task's spec gives one. If the node runs a job instead, this is the node's own
/// task, which has the job's name and labels and no command.
/// </param>
/// <param name="Extent">The position of the task's or job's spec in the workflow's document.</param>
/// <param name="MayFail">Whether the workflow can succeed although the node fails.</param>
public sealed record WorkflowNode(string Name, TaskSpec Task, SpecExtent Extent, bool MayFail)
{
    /// <summary>The <c>forEach</c> that makes the node one task per item; null for a single task or a job.</summary>
    public ForEach? ForEach { get; init; }

    /// <summary>The data job that the node runs; null if it runs a task.</summary>
    public JobSpec? Job { get; init; }
}
