using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>Reads the workflows of a memory store.</summary>
internal sealed class MemoryWorkflowStore(MemoryTaskStore store) : IWorkflowStore
{
    /// <inheritdoc/>
    public Task<ImmutableArray<StoredWorkflow>> LoadOpen(int queueNo, long after, int limit) =>
        store.ReadWorkflows<ImmutableArray<StoredWorkflow>>(workflows =>
            [.. workflows.OpenOf(queueNo).Where(found => found.Row.No > after).Take(limit)]);

    /// <inheritdoc/>
    public Task<StoredWorkflow?> Get(TaskId id) => store.ReadWorkflows(workflows => workflows.Find(id));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredWorkflow>> List(
        TaskId? before, int limit, CancellationToken cancellation = default) =>
        store.ReadWorkflows<ImmutableArray<StoredWorkflow>>(workflows =>
        [
            .. workflows.Newest.Where(found => before is null || found.Row.Id < before.Value).Take(limit)
                .Select(static found => found with { Outline = default }),
        ]);

    /// <inheritdoc/>
    public Task<ImmutableArray<WorkflowNodeRow>> Nodes(TaskId id) => store.Nodes(id);

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredItems>> Items(TaskId id) => store.Read(data => data.ItemsOf(id));

    /// <inheritdoc/>
    public Task<ImmutableArray<WorkflowNodeRow>> ItemTasks(TaskId id, int node) =>
        store.Read(data => data.ItemTasksOf(id, node));

    /// <inheritdoc/>
    public Task<ImmutableArray<KeptArtifacts>> Artifacts(TaskId id, int? node) => store.Read(data => data.ArtifactsOf(id, node));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> ItemList(TaskId id, int node) => store.Read(data => data.ItemListOf(id, node));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredNodeJob>> Jobs(TaskId id) => store.Read(data => data.NodeJobsOf(id));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredInputs>> Inputs(ImmutableArray<TaskId> tasks, int mostBytes) =>
        store.Inputs(tasks, mostBytes);
}
