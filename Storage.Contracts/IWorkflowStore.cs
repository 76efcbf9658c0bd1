using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads workflows; the owner of a workflow's queue writes it (<see cref="QueueCommit.Workflows"/>) and
/// <see cref="ITaskStore.Prune"/> removes it. Methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IWorkflowStore
{
    /// <summary>Returns a page of a queue's running workflows, by number, with outlines.</summary>
    Task<ImmutableArray<StoredWorkflow>> LoadOpen(int queueNo, long after, int limit);

    /// <summary>Returns the workflow, or null.</summary>
    Task<StoredWorkflow?> Get(TaskId id);

    /// <summary>Returns workflows without outlines, newest first, and older than a given one if set.</summary>
    Task<ImmutableArray<StoredWorkflow>> List(TaskId? before, int limit, CancellationToken cancellation = default);

    /// <summary>Returns a workflow's nodes in order; empty if there is no such workflow.</summary>
    Task<ImmutableArray<WorkflowNodeRow>> Nodes(TaskId id);

    /// <summary>Returns the items of nodes with <c>forEach</c> whose lists have been read, in node order.</summary>
    Task<ImmutableArray<StoredItems>> Items(TaskId id);

    /// <summary>Returns the tasks of a node's items in order; their node is the item's index.</summary>
    Task<ImmutableArray<WorkflowNodeRow>> ItemTasks(TaskId id, int node);

    /// <summary>Returns a node's committed item list (<see cref="WorkflowCommit.Lists"/>), or empty.</summary>
    Task<ReadOnlyMemory<byte>> ItemList(TaskId id, int node);

    /// <summary>Returns the data jobs of nodes that have begun, in node order.</summary>
    Task<ImmutableArray<StoredNodeJob>> Jobs(TaskId id);

    /// <summary>
    /// Returns the inputs of those tasks that are workflow nodes, without results beyond <paramref name="mostBytes"/>
    /// for a task. A job's aggregate too large to store (<see cref="NodeJobRow.AggregateBytes"/>) counts with its size.
    /// </summary>
    Task<ImmutableArray<StoredInputs>> Inputs(ImmutableArray<TaskId> tasks, int mostBytes);
}
