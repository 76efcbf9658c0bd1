using OrleansTasks.Events;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Rollouts;

/// <summary>A round's changes to rollouts: one row for each rollout and node that changed.</summary>
/// <param name="events">The round's events of resources, to which this adds.</param>
internal sealed class RolloutDraft(List<ResourceChange> events)
{
    private readonly Dictionary<long, RolloutRow> rows = [];
    private readonly Dictionary<long, (ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv)> bodies = [];
    private readonly Dictionary<(long Rollout, int Place), RolloutNodeRow> nodes = [];

    /// <summary>Whether the round changes no rollout.</summary>
    public bool IsEmpty => rows.Count == 0 && nodes.Count == 0;

    /// <summary>Adds a new rollout with its nodes.</summary>
    public void Add(
        RolloutRow row, IEnumerable<RolloutNodeRow> all, ReadOnlyMemory<byte> spec, ReadOnlyMemory<byte> secretEnv)
    {
        bodies.Add(row.No, (spec, secretEnv));
        Put(row);
        Tell(row.Id, row.State);
        foreach (var node in all)
            Put(node);
    }

    /// <summary>Sets the row of a rollout.</summary>
    public void Put(RolloutRow row) => rows[row.No] = row;

    /// <summary>Sets the row of a node.</summary>
    public void Put(RolloutNodeRow row) => nodes[(row.Rollout, row.Place)] = row;

    /// <summary>Adds an event with the state of a rollout.</summary>
    public void Tell(TaskId id, RolloutState state) =>
        events.Add(new ResourceChange(ResourceKind.Rollout, id.ToString(), state switch
        {
            RolloutState.Running => ResourceState.Running,
            RolloutState.Halted => ResourceState.Halted,
            RolloutState.Succeeded => ResourceState.Succeeded,
            RolloutState.Failed => ResourceState.Failed,
            _ => ResourceState.Cancelled,
        }));

    /// <summary>Returns what the round's commit writes.</summary>
    public RolloutCommit ToCommit() => new() { Rows = rows.Values, Bodies = bodies, Nodes = nodes.Values };
}
