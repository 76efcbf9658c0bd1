namespace OrleansTasks.Storage;

/// <summary>
/// A <see cref="QueueCommit"/>'s changes to rollouts; their tasks are in the commit itself. The store refuses a change
/// to a rollout that is not stored, because retention may have removed it. When a rollout ends, its secrets are
/// deleted.
/// </summary>
public sealed record RolloutCommit
{
    /// <summary>New and changed rollouts, one row each.</summary>
    public IReadOnlyCollection<RolloutRow> Rows { get; init; } = [];

    /// <summary>The bodies and secrets of new rollouts, by number; secrets may be empty.</summary>
    public IReadOnlyDictionary<long, (ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv)> Bodies { get; init; }
        = new Dictionary<long, (ReadOnlyMemory<byte>, ReadOnlyMemory<byte>)>();

    /// <summary>New and changed nodes, one row each.</summary>
    public IReadOnlyCollection<RolloutNodeRow> Nodes { get; init; } = [];
}
