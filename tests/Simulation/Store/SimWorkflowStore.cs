using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Store;

/// <summary>The workflows of a simulated store. A read takes time, and reads what is there at its end.</summary>
internal sealed class SimWorkflowStore(Func<Task<IWorkflowStore>> reading) : IWorkflowStore
{
    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredWorkflow>> LoadOpen(int queueNo, long after, int limit) =>
        await (await reading()).LoadOpen(queueNo, after, limit);

    /// <inheritdoc/>
    public async Task<StoredWorkflow?> Get(TaskId id) => await (await reading()).Get(id);

    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredWorkflow>> List(
        TaskId? before, int limit, CancellationToken cancellation = default) =>
        await (await reading()).List(before, limit, cancellation);

    /// <inheritdoc/>
    public async Task<ImmutableArray<WorkflowNodeRow>> Nodes(TaskId id) => await (await reading()).Nodes(id);

    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredItems>> Items(TaskId id) => await (await reading()).Items(id);

    /// <inheritdoc/>
    public async Task<ImmutableArray<WorkflowNodeRow>> ItemTasks(TaskId id, int node) =>
        await (await reading()).ItemTasks(id, node);

    /// <inheritdoc/>
    public async Task<ImmutableArray<KeptArtifacts>> Artifacts(TaskId id, int? node) => await (await reading()).Artifacts(id, node);

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> ItemList(TaskId id, int node) =>
        await (await reading()).ItemList(id, node);

    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredNodeJob>> Jobs(TaskId id) => await (await reading()).Jobs(id);

    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredInputs>> Inputs(ImmutableArray<TaskId> tasks, int mostBytes) =>
        await (await reading()).Inputs(tasks, mostBytes);
}
