using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// A workflow as the store has it, for a retry. The nodes come in order; <paramref name="Unsuccessful"/> has the tasks
/// of those that failed or were cancelled.
/// </summary>
internal sealed record StoredNodes(
    StoredWorkflow Workflow, ImmutableArray<WorkflowNodeRow> Nodes, IReadOnlyDictionary<TaskId, OpenTask> Unsuccessful,
    ImmutableArray<LoadedItems> Items = default, ImmutableArray<StoredNodeJob> Jobs = default);
