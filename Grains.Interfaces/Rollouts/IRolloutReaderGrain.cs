using OrleansTasks.Tasks;

namespace OrleansTasks.Rollouts;

/// <summary>Reads rollouts from the store for the gateways; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IRolloutReaderGrain")]
public interface IRolloutReaderGrain : IGrainWithStringKey
{
    /// <summary>Returns the rollout with this id; null if there is none.</summary>
    [Alias("Get")]
    Task<RolloutView?> Get(TaskId id);

    /// <summary>
    /// Returns at most <paramref name="limit"/> rollouts, newest first; only those older than
    /// <paramref name="before"/> if it is given.
    /// </summary>
    [Alias("List")]
    Task<ImmutableArray<RolloutView>> List(TaskId? before, int limit);

    /// <summary>Returns at most <paramref name="limit"/> halted rollouts, the longest halted first.</summary>
    [Alias("Halted")]
    Task<ImmutableArray<HaltedRollout>> Halted(int limit);

    /// <summary>
    /// Returns at most <paramref name="limit"/> nodes of a rollout, by place, after the place <paramref name="after"/>.
    /// Returns null if there is no such rollout.
    /// </summary>
    [Alias("Nodes")]
    Task<ImmutableArray<RolloutNodeView>?> Nodes(TaskId id, RolloutNodeState? state, int after, int limit);

    /// <summary>
    /// Groups the nodes whose latest task has ended by how it ended and by the end of its output, largest group first.
    /// The output of tasks that did not succeed is normalised.
    /// Returns null if there is no such rollout.
    /// </summary>
    [Alias("Output")]
    Task<ImmutableArray<RolloutOutputGroup>?> Output(TaskId id, CancellationToken cancellation = default);
}
