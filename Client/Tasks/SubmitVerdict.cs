using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tasks;

/// <summary>The outcome of a submission: accepted if there is neither a refusal nor a replay.</summary>
/// <param name="Refusal">Why nothing was accepted, or that the outcome is unknown; null otherwise.</param>
/// <param name="Replay">The stored first answer to the same idempotency key; empty if this is not a replay.</param>
public readonly record struct SubmitVerdict(Problem? Refusal, ReadOnlyMemory<byte> Replay);
