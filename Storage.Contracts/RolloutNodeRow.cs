using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A node of a rollout. <c>Place</c> and <c>Node</c> never change. <c>Tries</c> counts the tasks that the node was
/// given, without those that were taken back before they started; <c>Task</c> is the latest task, even if it was taken
/// back. A pending node with tries waits to be retried, whatever the wave.
/// </summary>
public sealed record RolloutNodeRow(
    long Rollout, int Place, string Node, RolloutNodeState State = RolloutNodeState.Pending, int Tries = 0,
    TaskId? Task = null);
