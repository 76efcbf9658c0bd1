namespace OrleansTasks.Tasks;

/// <summary>A task that a filter matches, with the facts that a bulk operation needs.</summary>
/// <param name="Id">The task's id.</param>
/// <param name="Queue">The task's queue.</param>
/// <param name="State">The task's state when it was read.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskMatch")]
public readonly record struct TaskMatch(
    [property: Id(0)] TaskId Id,
    [property: Id(1)] string Queue,
    [property: Id(2)] TaskState State)
{
    /// <summary>Whether a cancel was requested and the task has not ended since.</summary>
    [Id(3)] public bool IsCancelRequested { get; init; }

    /// <summary>Whether the task failed because its node was lost too often.</summary>
    [Id(4)] public bool IsQuarantined { get; init; }

    /// <summary>
    /// Whether the task was submitted with secrets. They are deleted when it ends, so it cannot be retried.
    /// </summary>
    [Id(5)] public bool HadSecrets { get; init; }

    /// <summary>Whether the task is a node of a workflow, with which it is retried.</summary>
    [Id(6)] public bool IsWorkflowNode { get; init; }
}
