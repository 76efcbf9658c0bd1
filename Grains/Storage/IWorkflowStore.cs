using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads the workflows of an <see cref="ITaskStore"/>. The owner of a workflow's queue alone writes it, with
/// <see cref="ITaskStore.Commit"/> (<see cref="QueueCommit.Workflows"/>); <see cref="ITaskStore.Prune"/> removes
/// it. All methods throw <see cref="StoreUnavailableException"/> when the store cannot be read.
/// </summary>
public interface IWorkflowStore
{
    /// <summary>
    /// Returns a page of a queue's running workflows with their outlines, by number: at most
    /// <paramref name="limit"/> with larger numbers than <paramref name="after"/>.
    /// </summary>
    Task<ImmutableArray<StoredWorkflow>> LoadOpen(int queueNo, long after, int limit);

    /// <summary>Returns the workflow with an id; null when there is none.</summary>
    Task<StoredWorkflow?> Get(TaskId id);

    /// <summary>
    /// Returns at most <paramref name="limit"/> workflows without outlines, newest first; only those older than
    /// <paramref name="before"/> unless that is null.
    /// </summary>
    Task<ImmutableArray<StoredWorkflow>> List(TaskId? before, int limit, CancellationToken cancellation = default);

    /// <summary>Returns the nodes of a workflow in order; empty when there is no such workflow.</summary>
    Task<ImmutableArray<WorkflowNodeRow>> Nodes(TaskId id);

    /// <summary>
    /// Returns what is stored of the items of a workflow's nodes with <c>forEach</c>, in the order of the nodes; only
    /// of nodes whose lists have been read.
    /// </summary>
    Task<ImmutableArray<StoredItems>> Items(TaskId id);

    /// <summary>
    /// Returns the tasks of a node's items, in order; empty when there are none. <see cref="WorkflowNodeRow.Node"/> is
    /// the item's index.
    /// </summary>
    Task<ImmutableArray<WorkflowNodeRow>> ItemTasks(TaskId id, int node);

    /// <summary>
    /// Returns the list of a node's items, as it was committed (<see cref="WorkflowCommit.Lists"/>); empty when there
    /// is none.
    /// </summary>
    Task<ReadOnlyMemory<byte>> ItemList(TaskId id, int node);

    /// <summary>
    /// Returns what is stored of the data jobs of a workflow's nodes, in the order of the nodes; only of nodes that have
    /// begun.
    /// </summary>
    Task<ImmutableArray<StoredNodeJob>> Jobs(TaskId id);

    /// <summary>
    /// Returns what the commands of those tasks that are nodes of workflows can find, in any order. Results of more
    /// than <paramref name="mostBytes"/> in all for one task are not returned. An aggregate of a job that was too large to
    /// be stored (<see cref="NodeJobRow.AggregateBytes"/>) counts with its size.
    /// </summary>
    Task<ImmutableArray<StoredInputs>> Inputs(ImmutableArray<TaskId> tasks, int mostBytes);
}
