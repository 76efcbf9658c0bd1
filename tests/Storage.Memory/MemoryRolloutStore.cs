using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>Reads the rollouts of a memory store.</summary>
internal sealed class MemoryRolloutStore(MemoryTaskStore store) : IRolloutStore
{
    /// <inheritdoc/>
    public Task<ImmutableArray<StoredRollout>> LoadOpen(int queueNo, long after, int limit) =>
        store.Read<ImmutableArray<StoredRollout>>(data =>
            [.. data.Rollouts.Open.Where(found => found.QueueNo == queueNo && found.Row.No > after).Take(limit)]);

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> Queues() => store.Read<ImmutableArray<string>>(data =>
        [.. data.Rollouts.Open.Select(static found => found.Queue).Distinct().Order(StringComparer.Ordinal)]);

    /// <inheritdoc/>
    public Task<StoredRollout?> Get(TaskId id) =>
        store.Read(data => data.Rollouts.Find(id) is { } found ? Light(found) : null);

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredRollout>> List(TaskId? before, int limit) =>
        store.Read<ImmutableArray<StoredRollout>>(data =>
        [
            .. data.Rollouts.Newest.Where(found => before is null || found.Row.Id < before.Value).Take(limit)
                .Select(Light),
        ]);

    /// <inheritdoc/>
    public Task<ImmutableArray<RolloutRow>> Halted(int limit) => store.Read<ImmutableArray<RolloutRow>>(data =>
    [
        .. data.Rollouts.Open.Select(static found => found.Row).Where(static row => row.State == RolloutState.Halted)
            .OrderBy(static row => row.WaveEndedAt).ThenBy(static row => row.Id).Take(limit),
    ]);

    /// <inheritdoc/>
    public Task<ImmutableArray<RolloutNodeRow>> Nodes(TaskId id, RolloutNodeState? state, int after, int limit) =>
        store.Read<ImmutableArray<RolloutNodeRow>>(data =>
        [
            .. data.Rollouts.NodesOf(id)
                .Where(node => (state is null || node.State == state) && node.Place > after).Take(limit),
        ]);

    private static StoredRollout Light(StoredRollout found) => found with { SecretEnv = default };
}
