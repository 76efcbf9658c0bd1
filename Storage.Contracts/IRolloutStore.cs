using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads rollouts. The owner of a rollout's queue writes it (<see cref="QueueCommit.Rollouts"/>), and
/// <see cref="ITaskStore.Prune"/> removes it. All methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IRolloutStore
{
    /// <summary>Returns a page of a queue's rollouts that have not ended, by number, with their secrets.</summary>
    Task<ImmutableArray<StoredRollout>> LoadOpen(int queueNo, long after, int limit);

    /// <summary>Returns the names of queues that have rollouts that have not ended, in any order.</summary>
    Task<ImmutableArray<string>> Queues();

    /// <summary>Returns the rollout without secrets, or null.</summary>
    Task<StoredRollout?> Get(TaskId id);

    /// <summary>
    /// Returns rollouts without secrets, newest first; only older ones than <paramref name="before"/> if set.
    /// </summary>
    Task<ImmutableArray<StoredRollout>> List(TaskId? before, int limit);

    /// <summary>Returns halted rollouts, the longest halted first.</summary>
    Task<ImmutableArray<RolloutRow>> Halted(int limit);

    /// <summary>
    /// Returns a rollout's nodes by place, after the place <paramref name="after"/>; a null state matches all.
    /// </summary>
    Task<ImmutableArray<RolloutNodeRow>> Nodes(TaskId id, RolloutNodeState? state, int after, int limit);
}
