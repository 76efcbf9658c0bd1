using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads workflows. The owner of a workflow's queue writes it (<see cref="QueueCommit.Workflows"/>), and
/// <see cref="ITaskStore.Prune"/> removes it. All methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IWorkflowStore
{
    /// <summary>Returns a page of a queue's running workflows with their outlines, by number.</summary>
    Task<ImmutableArray<StoredWorkflow>> LoadOpen(int queueNo, long after, int limit);

    /// <summary>Returns the workflow, or null.</summary>
    Task<StoredWorkflow?> Get(TaskId id);

    /// <summary>
    /// Returns workflows without outlines, newest first; only older ones than <paramref name="before"/> if set.
    /// </summary>
    Task<ImmutableArray<StoredWorkflow>> List(TaskId? before, int limit, CancellationToken cancellation = default);

    /// <summary>Returns a workflow's nodes in order; empty if there is no such workflow.</summary>
    Task<ImmutableArray<WorkflowNodeRow>> Nodes(TaskId id);

    /// <summary>Returns the items of <c>forEach</c> nodes whose lists have been read, in node order.</summary>
    Task<ImmutableArray<StoredItems>> Items(TaskId id);

    /// <summary>
    /// Returns the tasks of a node's items, in order. <see cref="WorkflowNodeRow.Node"/> is the item's index.
    /// </summary>
    Task<ImmutableArray<WorkflowNodeRow>> ItemTasks(TaskId id, int node);

    /// <summary>
    /// Returns the ended tasks of a workflow that kept artifacts, by node and item: of all nodes, or of one. Includes
    /// tasks that should keep artifacts and left none.
    /// </summary>
    Task<ImmutableArray<KeptArtifacts>> Artifacts(TaskId id, int? node);

    /// <summary>
    /// Returns a node's committed item list (<see cref="WorkflowCommit.Lists"/>); empty if there is none.
    /// </summary>
    Task<ReadOnlyMemory<byte>> ItemList(TaskId id, int node);

    /// <summary>Returns the data jobs of nodes that have started, in node order.</summary>
    Task<ImmutableArray<StoredNodeJob>> Jobs(TaskId id);

    /// <summary>
    /// Returns the inputs of those tasks that are workflow nodes. If a task's inputs exceed
    /// <paramref name="mostBytes"/>, they are omitted (<see cref="StoredInputs.After"/>). A job's aggregate that is too
    /// large to store counts with its size (<see cref="NodeJobRow.AggregateBytes"/>).
    /// </summary>
    Task<ImmutableArray<StoredInputs>> Inputs(ImmutableArray<TaskId> tasks, int mostBytes);
}
