using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>The outcome of a submission: accepted if there is neither a refusal nor a replay.</summary>
/// <param name="Refusal">Why nothing was accepted, or that the outcome is unknown; null otherwise.</param>
/// <param name="Replay">
/// The stored first answer to the same idempotency key, in the dispatcher's own form if <paramref name="Joined"/> has a
/// task; empty if this is not a replay.
/// </param>
/// <param name="Joined">
/// The task that takes the new one's place, because it holds the unique key; otherwise null.
/// </param>
public readonly record struct SubmitVerdict(Problem? Refusal, ReadOnlyMemory<byte> Replay, TaskId? Joined = null);
