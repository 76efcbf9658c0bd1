namespace OrleansTasks.Storage;

/// <summary>
/// A rollout with the queue whose owner runs it, and the body that a user wrote as JSON in UTF-8. <c>SecretEnv</c> is
/// stored separately until the rollout ends, and only <see cref="IRolloutStore.LoadOpen"/> returns it.
/// </summary>
public sealed record StoredRollout(
    string Queue, int QueueNo, RolloutRow Row, ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv);
