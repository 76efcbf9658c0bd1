using OrleansTasks.Rollouts;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Store;

/// <summary>The rollouts of a simulated store. A read takes time, and reads what is there at its end.</summary>
internal sealed class SimRolloutStore(Func<Task<IRolloutStore>> reading) : IRolloutStore
{
    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredRollout>> LoadOpen(int queueNo, long after, int limit) =>
        await (await reading()).LoadOpen(queueNo, after, limit);

    /// <inheritdoc/>
    public async Task<ImmutableArray<string>> Queues() => await (await reading()).Queues();

    /// <inheritdoc/>
    public async Task<StoredRollout?> Get(TaskId id) => await (await reading()).Get(id);

    /// <inheritdoc/>
    public async Task<ImmutableArray<StoredRollout>> List(TaskId? before, int limit) =>
        await (await reading()).List(before, limit);

    /// <inheritdoc/>
    public async Task<ImmutableArray<RolloutRow>> Halted(int limit) => await (await reading()).Halted(limit);

    /// <inheritdoc/>
    public async Task<ImmutableArray<RolloutNodeRow>> Nodes(TaskId id, RolloutNodeState? state, int after, int limit) =>
        await (await reading()).Nodes(id, state, after, limit);
}
