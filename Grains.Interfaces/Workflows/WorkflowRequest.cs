using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>What a gateway asks the owner of a workflow's queue for.</summary>
/// <param name="Id">The workflow.</param>
/// <param name="IsRetry">To run again what did not succeed; else to cancel.</param>
/// <param name="Task">
/// With a retry: the task of a node, to retry it and those that wait for it alone. Null for all.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowRequest")]
public sealed record WorkflowRequest(
    [property: Id(0)] TaskId Id, [property: Id(1)] bool IsRetry, [property: Id(2)] TaskId? Task = null);
