using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Store;

/// <summary>What a simulated store keeps for undoing. A read takes time, and reads what is there at its end.</summary>
internal sealed class SimUndoStore(Func<Task<IUndoStore>> reading) : IUndoStore
{
    /// <inheritdoc/>
    public async Task<ImmutableArray<UndoPart>> Parts(TaskId operation) => await (await reading()).Parts(operation);

    /// <inheritdoc/>
    public async Task<ImmutableArray<UndoRow>> Read(int queueNo, TaskId operation, long after, int limit) =>
        await (await reading()).Read(queueNo, operation, after, limit);
}
