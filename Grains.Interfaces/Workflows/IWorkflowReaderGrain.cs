using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>Reads workflows from the store for the gateways; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IWorkflowReaderGrain")]
public interface IWorkflowReaderGrain : IGrainWithStringKey
{
    /// <summary>Returns the workflow with this id; null if there is none.</summary>
    [Alias("Get")]
    Task<WorkflowView?> Get(TaskId id);

    /// <summary>
    /// Returns at most <paramref name="limit"/> workflows, newest first; only those older than
    /// <paramref name="before"/> if it is given.
    /// </summary>
    [Alias("List")]
    Task<ImmutableArray<WorkflowView>> List(
        WorkflowFilter filter, TaskId? before, int limit, CancellationToken cancellation = default);

    /// <summary>
    /// Returns at most <paramref name="limit"/> nodes of a workflow, in order of index, starting after the index
    /// <paramref name="after"/>. Returns null if there is no such workflow.
    /// </summary>
    [Alias("Nodes")]
    Task<ImmutableArray<WorkflowNodeView>?> Nodes(TaskId id, TaskState? state, int after, int limit);
}
