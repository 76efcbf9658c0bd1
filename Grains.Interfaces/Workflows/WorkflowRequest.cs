using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>A request from a gateway to the owner of a workflow's queue: cancel or retry the workflow.</summary>
/// <param name="Id">The workflow's id.</param>
/// <param name="IsRetry">Whether to retry what did not succeed (true) or to cancel (false).</param>
/// <param name="Task">
/// In a retry, the task of a node: only this node and those that wait for it are retried. Null for all nodes.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowRequest")]
public sealed record WorkflowRequest(
    [property: Id(0)] TaskId Id, [property: Id(1)] bool IsRetry, [property: Id(2)] TaskId? Task = null);
