using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>A workflow as the store has it, for a retry.</summary>
/// <param name="Workflow">The workflow.</param>
/// <param name="Nodes">Its nodes, in order.</param>
/// <param name="Unsuccessful">The tasks of those that failed or were cancelled.</param>
/// <param name="Items">The items of those with <c>forEach</c>.</param>
/// <param name="Jobs">The jobs of those that run one.</param>
internal sealed record StoredNodes(
    StoredWorkflow Workflow, ImmutableArray<WorkflowNodeRow> Nodes, IReadOnlyDictionary<TaskId, OpenTask> Unsuccessful,
    ImmutableArray<LoadedItems> Items = default, ImmutableArray<StoredNodeJob> Jobs = default);
