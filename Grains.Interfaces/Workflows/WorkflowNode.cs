using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>A node of a <see cref="WorkflowSpec"/>.</summary>
/// <param name="Name">Unique in the workflow.</param>
/// <param name="Task">
/// What it runs; its queue is the workflow's, and its name the node's unless the spec gives one. Of a node with a job: the
/// node's own task, which has the job's name and labels, and no command.
/// </param>
/// <param name="Extent">Where the spec of the task, or of the job, stands in the document.</param>
/// <param name="MayFail">Whether its failure leaves the workflow as it is.</param>
public sealed record WorkflowNode(string Name, TaskSpec Task, SpecExtent Extent, bool MayFail)
{
    /// <summary>Makes the node one task for each item of a list; null for a single task.</summary>
    public ForEach? ForEach { get; init; }

    /// <summary>The data job that it runs in place of a task; null for a task.</summary>
    public JobSpec? Job { get; init; }
}
